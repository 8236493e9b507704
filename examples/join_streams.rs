//! Joins two streams: how often each advertisement was shown, and how often it was clicked on, come
//! from two places; the share of both is wanted, also for those that nobody clicked on.
//!
//! `cargo run --example join_streams`

use stream_runtime::prelude::*;
use stream_runtime::sink::collect;

stream!(
    /// The click rate of each advertisement, in percent, batch by batch.
    #[batch(100ms)]
    pub fn click_rates(shown: Stream<&str>, clicked: Stream<&str>, rates: Sink<(&str, u64)>) {
        let click_rates = shown
            .count_by_value()
            .left_outer_join(clicked.count_by_value())
            .map_values(|(shown, clicked)| 100 * clicked.unwrap_or(0) / shown);
        click_rates.print();
        click_rates.to(rates);
    }
);

fn main() -> stream_runtime::Result<()> {
    let shown = queue([
        vec!["shoes", "shoes", "tea", "shoes", "tea", "shoes"],
        vec!["tea", "tea", "books"],
    ]);
    let clicked = queue([vec!["shoes", "tea"], vec!["books"]]);

    let (rates, collected) = collect();
    click_rates(shown, clicked, rates).run()?;

    let mut batches = collected.rows();
    batches.iter_mut().for_each(|rates| rates.sort());
    let rate = |ad: &str, percent| (ad.to_owned(), percent);
    assert_eq!(
        batches,
        [
            [rate("shoes", 25), rate("tea", 50)],
            [rate("books", 100), rate("tea", 0)],
        ]
    );
    println!("the click rates are those expected");
    Ok(())
}
