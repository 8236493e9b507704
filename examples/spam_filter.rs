//! Joins every batch with a table, which Spark's guide does in `transform`: messages come in as
//! pairs of sender and text, and those from senders with a bad record are left out.
//!
//! `cargo run --example spam_filter`

use std::collections::HashMap;

use stream_runtime::prelude::*;
use stream_runtime::sink::collect;

stream!(
    /// Lets the messages through whose sender is known and seldom sends spam.
    #[batch(100ms)]
    pub fn spam_filter(
        messages: Stream<(&str, &str)>,
        spam_shares: Broadcast<HashMap<String, f64>>,
        inbox: Sink<(&str, &str)>,
    ) {
        let clean = messages.transform(|batch| {
            batch
                .join_table(&spam_shares)
                .filter(|(_, (_, spam_share))| **spam_share < 0.1)
                .map(|(sender, (text, _))| (sender, text))
        });
        clean.print();
        clean.to(inbox);
    }
);

fn main() -> stream_runtime::Result<()> {
    let messages = queue([
        vec![("ann", "lunch at noon?"), ("win-big", "you have won!")],
        vec![("bob", "the report is done"), ("stranger", "hello dear")],
        vec![("win-big", "last chance"), ("ann", "noon it is")],
    ]);
    let spam_shares = HashMap::from([
        ("ann".to_owned(), 0.0),
        ("bob".to_owned(), 0.02),
        ("win-big".to_owned(), 0.97),
    ]);

    let (inbox, collected) = collect();
    spam_filter(messages, Broadcast::new(spam_shares), inbox).run()?;

    let clean = collected.rows().concat();
    assert_eq!(
        clean,
        [
            ("ann", "lunch at noon?"),
            ("bob", "the report is done"),
            ("ann", "noon it is"),
        ]
        .map(|(sender, text)| (sender.to_owned(), text.to_owned()))
    );
    println!("{} of 6 messages are in the inbox", clean.len());
    Ok(())
}
