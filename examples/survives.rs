//! Totals that outlive the program: state, an accumulator and the place in the input are kept in a
//! checkpoint, and a job that is started again goes on where the last one was.
//!
//! Without arguments the example stops its own job half way, starts it again, and checks the totals.
//! To see it with your own hands, stop it with Ctrl-C or `kill -9` as often as you like:
//!
//! ```text
//! cargo run --release --example survives -- --checkpoint-dir totals
//! cargo run --release --example survives -- state ls totals
//! ```

use stream_runtime::prelude::*;
use stream_runtime::sink::{Collected, collect};
use stream_runtime::storage::LocalDirectory;
use stream_runtime::{Result, StateSpec};

stream!(
    /// How often each word came so far, whenever that is a round number; words that did not come for
    /// an hour are forgotten.
    #[batch(100ms)]
    #[checkpoint]
    pub fn totals(lines: Stream<&str>, words: Accumulator<Count>, out: Sink<(&str, u64)>) {
        lines
            .flat_map(|line| line.split_whitespace())
            .inspect(|_| words.increment())
            .map(|word| (word, 1u64))
            .reduce_by_key(|a, b| a + b)
            .map_with_state(
                |_time, word, count, total| {
                    let total = total.get_or_insert(0);
                    *total += count?;
                    Some((word, *total))
                },
                StateSpec::new().timeout(1h),
            )
            .to(out);
    }
);

const LINES: u64 = 2_000;
const WORDS_PER_LINE: usize = 10;

/// The job over made-up lines, the same each time, with what it counts and what it puts out.
fn job() -> (Job, Accumulator<Count>, Collected<(String, u64)>) {
    let lines = words(10_000).per_line(WORDS_PER_LINE).limit(LINES);
    let count = Accumulator::named("words");
    let (out, collected) = collect();
    (totals(lines, count.clone(), out), count, collected)
}

fn main() -> Result<()> {
    if std::env::args().len() > 1 {
        let (job, count, _) = job();
        Launcher::from_args().run(job)?;
        println!("{} words so far", count.value());
        return Ok(());
    }
    let directory = std::env::temp_dir().join(format!("survives-{}", std::process::id()));
    let (first, count, _) = job();
    first
        .checkpoint(LocalDirectory::create(&directory)?)
        .max_batches(1)
        .run()?;
    println!("stopped after {} words", count.value());

    let (second, count, collected) = job();
    second
        .checkpoint(LocalDirectory::create(&directory)?)
        .run()?;
    println!("went on to {} words", count.value());

    assert_eq!(count.value(), LINES * WORDS_PER_LINE as u64);
    let rows = collected.rows().concat();
    let (word, total) = rows
        .iter()
        .max_by_key(|(_, total)| total)
        .expect("words came");
    println!("the most frequent one, `{word}`, came {total} times");
    std::fs::remove_dir_all(&directory)
        .map_err(|error| stream_runtime::Error::io("removing the checkpoint", error))
}
