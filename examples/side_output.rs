//! Records that cannot be used are not lost and stop nothing: they go to an output of their own and
//! are counted.
//!
//! `cargo run --example side_output`

use stream_runtime::prelude::*;
use stream_runtime::sink::collect;

stream!(
    /// Adds up the payments of each customer; lines that are none go to `rejected`.
    #[batch(100ms)]
    pub fn payments(
        lines: Stream<&str>,
        sums: Sink<(&str, i64)>,
        rejected: Sink<&str>,
        rejected_lines: Accumulator<Count>,
    ) {
        let (payments, errors) = lines.try_map(|line| parse(line).ok_or(line));
        payments.reduce_by_key(|a, b| a + b).to(sums);
        errors
            .inspect(|_| rejected_lines.add(()))
            .map(|line| line.trim())
            .to(rejected);
    }
);

/// `customer,cents`
fn parse(line: &str) -> Option<(&str, i64)> {
    let (customer, cents) = line.split_once(',')?;
    Some((customer, cents.parse().ok()?))
}

fn main() -> stream_runtime::Result<()> {
    let lines = queue([
        vec!["ann,250", "bob,100", "ann,50"],
        vec!["bob;300", "ann,lots ", "bob,5"],
    ]);
    let (sums, summed) = collect();
    let (rejected, errors) = collect();
    let rejected_lines = Accumulator::named("rejected lines");
    payments(lines, sums, rejected, rejected_lines.clone()).run()?;

    for (time, sums) in summed.batches() {
        println!("{time}: {sums:?}");
    }
    println!(
        "{} rejected: {:?}",
        rejected_lines.value(),
        errors.rows().concat()
    );

    let sum = |customer: &str, cents| (customer.to_owned(), cents);
    let mut sums = summed.rows();
    sums.iter_mut().for_each(|sums| sums.sort());
    assert_eq!(
        sums,
        [vec![sum("ann", 300), sum("bob", 100)], vec![sum("bob", 5)]]
    );
    assert_eq!(errors.rows().concat(), ["bob;300", "ann,lots"]);
    assert_eq!(rejected_lines.value(), 2);
    Ok(())
}
