//! Counts the words of a sliding window: made-up text by default, or what a file or a server gives.
//!
//! ```text
//! cargo run --release --example word_count
//! cargo run --release --example word_count -- --file book.txt
//! cargo run --release --example word_count -- --socket localhost:9999    # with `nc -l 9999`
//! cargo run --release --example word_count -- --file book.txt --save out/counts
//! cargo run --release --example word_count -- --checkpoint-dir words    # stop it, and start it again
//! cargo run --release --example word_count -- explain
//! cargo run --release --example word_count -- --help
//! ```

use std::path::PathBuf;

use stream_runtime::prelude::*;
use stream_runtime::receiver::Feeds;
use stream_runtime::{Borrowed, Result};

stream!(
    /// Shows the most frequent words of the last two seconds, every second, and adds up how many
    /// words there were.
    #[batch(500ms)]
    #[checkpoint]
    pub fn word_count(lines: Stream<&str>, all_words: Accumulator<Sum<u64>>) {
        count_words(lines)
            .inspect(|(_, count)| all_words.add(*count))
            .reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, 2s, 1s)
            .map(|(word, count)| (count, word))
            .top_k(10)
            .map(|(count, word)| (word, count))
            .print();
    }

    /// Saves how often each word is in each batch.
    #[batch(500ms)]
    pub fn saved_word_count(lines: Stream<&str>, prefix: PathBuf) {
        count_words(lines).save_as_text_files(&prefix, "txt");
    }

    fn count_words(lines: Stream<&str>) -> Stream<(&str, u64)> {
        lines
            .flat_map(|line| line.split_whitespace())
            .map(|word| (word, 1u64))
            .reduce_by_key(|a, b| a + b)
    }
);

/// Counts the words of a sliding window.
#[derive(clap::Args)]
struct Options {
    /// Counts the words of a file, or of all files that match a pattern.
    #[arg(long, value_name = "PATH", conflicts_with = "socket")]
    file: Option<PathBuf>,
    /// How much of a file makes a batch.
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20)]
    batch_bytes: usize,
    /// Counts the words that a server sends, until it closes the connection.
    #[arg(long, value_name = "HOST:PORT")]
    socket: Option<String>,
    /// Saves the counts in PREFIX-TIME.txt/part-00000 and so on, instead of printing them.
    #[arg(long, value_name = "PREFIX")]
    save: Option<PathBuf>,
}

/// How many lines are made up in a second, how many in all, and how many words a line has.
const RATE: u64 = 100_000;
const LINES: u64 = 500_000;
const WORDS: usize = 10;

fn main() -> Result<()> {
    let (launcher, options) = Launcher::with_args::<Options>();
    let all_words = Accumulator::named("all words");
    let job = match (&options.file, &options.socket) {
        (Some(path), _) => {
            let lines = text_file(path).batch_bytes(options.batch_bytes);
            job(lines, &options, &all_words)
        }
        (None, Some(address)) => job(socket_text(address).until_closed(), &options, &all_words),
        (None, None) => {
            let lines = words(RATE).per_line(WORDS).limit(LINES);
            job(lines, &options, &all_words)
        }
    };
    launcher.run(job)?;

    if std::env::args().len() == 1 {
        assert_eq!(all_words.value(), LINES * WORDS as u64);
        println!("{} words, as many as were made up", all_words.value());
    }
    Ok(())
}

fn job(
    lines: impl Feeds<&'static str, Borrowed>,
    options: &Options,
    all_words: &Accumulator<Sum<u64>>,
) -> Job {
    match &options.save {
        Some(prefix) => saved_word_count(lines, prefix.clone()),
        None => word_count(lines, all_words.clone()),
    }
}
