//! Two pipelines inside an asynchronous program: they run on threads of their own, and the program
//! awaits them beside its other work, without blocking.
//!
//! `cargo run --example in_tokio`

use std::time::Duration;

use stream_runtime::prelude::*;
use stream_runtime::sink::collect;
use stream_runtime::{JobState, Result};

stream!(
    /// How many numbers there are in each batch.
    #[batch(10ms)]
    pub fn sizes(numbers: Stream<u64>, out: Sink<u64>) {
        numbers.count().to(out);
    }
);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (out, counted) = collect();
    let finite = sizes(queue([vec![1, 2], vec![3]]), out).start()?;

    let (sender, numbers) = channel(1_000);
    let (out, received) = collect();
    let endless = sizes(numbers, out)
        .stop_within(Duration::from_secs(10))
        .start()?;

    // The program's own work: it feeds one of the pipelines, and waits for the other meanwhile.
    let feed = async {
        for number in 0..100 {
            sender
                .try_send(number)
                .expect("there is room for a thousand");
            if number % 10 == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    };
    let (summary, ()) = tokio::join!(finite, feed);
    assert_eq!(summary?.records, 3);
    assert_eq!(counted.rows(), [[2], [1]]);

    assert_eq!(endless.state(), JobState::Active);
    endless.stop();
    let summary = endless.await?;
    let counts: u64 = received.rows().concat().iter().sum();
    assert_eq!((summary.records, counts), (100, 100));
    println!("{} numbers in {} batches", summary.records, summary.batches);
    Ok(())
}
