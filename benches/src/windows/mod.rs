//! Windows that slide by one batch, and at each slide put out every key in them.
//!
//! Beside what enters and leaves, a slide costs a visit of each key. The batches with which a window fills
//! are not measured.

#[cfg(feature = "peers")]
mod dfir;
#[cfg(feature = "peers")]
mod differential;
mod hand;
#[cfg(feature = "peers")]
mod kept;
mod pipeline;
mod plain;
#[cfg(feature = "peers")]
mod renoir;
#[cfg(feature = "peers")]
mod timely;
mod tuned;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use stream_runtime::{Rows, Text};

use crate::answer::item;
#[cfg(feature = "peers")]
use crate::contest::Way;
use crate::contest::{INTERVAL, Who, Workload, way};
use crate::data::{Rng, blocks_of_lines, blocks_of_rows, key64, line, records, zipf_word};

/// Batches of a window, except where windows of many lengths are compared.
const LENGTH: u64 = 30;
/// Different batches; they are given again and again.
const BATCHES: usize = 31;
/// There are so many times fewer lines than numbers in a batch.
const LINES_SHARE: usize = 20;

/// So many batches, as time.
fn batches(length: u64) -> Duration {
    INTERVAL * length as u32
}

/// Lines of text.
fn text() -> &'static [Vec<Arc<Text>>] {
    static BATCHES_OF_TEXT: OnceLock<Vec<Vec<Arc<Text>>>> = OnceLock::new();
    BATCHES_OF_TEXT.get_or_init(|| {
        let mut rng = Rng::new(0x7465_7874_0000_0000);
        let mut batch = |_| blocks_of_lines((0..records() / LINES_SHARE).map(|_| line(&mut rng)));
        (0..BATCHES).map(&mut batch).collect()
    })
}

/// Lines of one word.
fn words() -> &'static [Vec<Arc<Text>>] {
    static BATCHES_OF_WORDS: OnceLock<Vec<Vec<Arc<Text>>>> = OnceLock::new();
    BATCHES_OF_WORDS.get_or_init(|| {
        let mut rng = Rng::new(0x7769_6e64_6f77_7300);
        let mut batch = |_| {
            let words = (0..records() / LINES_SHARE).map(|_| zipf_word(&mut rng).to_owned());
            blocks_of_lines(words)
        };
        (0..BATCHES).map(&mut batch).collect()
    })
}

/// A batch of pairs, a key of 100,000 and a value.
type Pairs = Vec<Arc<Rows<(u64, u64)>>>;

/// Pairs of a key and a value.
fn pairs() -> &'static [Pairs] {
    static BATCHES_OF_PAIRS: OnceLock<Vec<Pairs>> = OnceLock::new();
    BATCHES_OF_PAIRS.get_or_init(|| {
        let mut rng = Rng::new(0x6b76_0000_0000_0000);
        let mut batch = |_| {
            let pair = |_| {
                (
                    key64(0x10_0000_0000 + rng.below(100_000)),
                    rng.below(1_000_000_000),
                )
            };
            blocks_of_rows(&(0..records()).map(pair).collect::<Vec<_>>())
        };
        (0..BATCHES / 3).map(&mut batch).collect()
    })
}

/// A word in a window.
#[inline(always)]
fn of_word(word: &str, value: u64) -> u64 {
    item(word.len() as u64, value)
}

/// The sliding word count.
pub fn of_words() -> Workload {
    let ways = vec![
        way(Who::Stream, 1, |slides| pipeline::of_words(slides, 1)),
        way(Who::Stream, 2, |slides| pipeline::of_words(slides, 2)),
        way(Who::Stream, 1, pipeline::of_words_without_inverse).variant("two stacks"),
        way(Who::Hand, 1, |slides| {
            hand::one_thread::<hand::WordsOfText>(slides, LENGTH)
        }),
        way(Who::Hand, 2, |slides| {
            hand::rayon::<hand::WordsOfText>(slides, LENGTH)
        }),
        way(Who::Tuned, 1, |slides| tuned::words(slides, 1)),
        way(Who::Tuned, 2, |slides| tuned::words(slides, 2)),
        way(Who::Std, 1, plain::of_words),
    ];
    #[cfg(feature = "peers")]
    let ways = [ways, peers_on_words()].concat();
    Workload {
        name: "sliding_words",
        question: "how often each word of text came in the last 30 batches, at each batch",
        records: (records() / LINES_SHARE) as u64,
        batches: u64::MAX,
        ways,
    }
}

/// The sliding maximum.
pub fn of_maximum() -> Workload {
    let ways = vec![
        way(Who::Stream, 1, |slides| pipeline::of_maximum(slides, 1)),
        way(Who::Stream, 2, |slides| pipeline::of_maximum(slides, 2)),
        way(Who::Hand, 1, |slides| {
            hand::one_thread::<hand::Largest>(slides, LENGTH)
        }),
        way(Who::Hand, 2, |slides| {
            hand::rayon::<hand::Largest>(slides, LENGTH)
        }),
        way(Who::Tuned, 1, |slides| tuned::maximum(slides, 1)),
        way(Who::Tuned, 2, |slides| tuned::maximum(slides, 2)),
        way(Who::Std, 1, plain::of_maximum),
    ];
    #[cfg(feature = "peers")]
    let ways = [ways, peers_on_maximum()].concat();
    Workload {
        name: "sliding_max",
        question: "the largest value of each key in the last 30 batches, at each batch",
        records: records() as u64,
        batches: u64::MAX,
        ways,
    }
}

/// Counts of single words in windows of `LENGTH` batches.
pub fn of_length<const LENGTH: u64>(name: &'static str) -> Workload {
    Workload {
        name,
        question: "counts of words in a window, by its length in slides",
        records: (records() / LINES_SHARE) as u64,
        batches: u64::MAX,
        ways: vec![
            way(Who::Stream, 1, |slides| pipeline::of_length(slides, LENGTH)),
            way(Who::Hand, 1, |slides| {
                hand::one_thread::<hand::Words>(slides, LENGTH)
            }),
        ],
    }
}

#[cfg(feature = "peers")]
fn peers_on_words() -> Vec<Way> {
    vec![
        way(Who::Timely, 2, timely::of_words),
        way(Who::Timely, 2, timely::of_words_combined).variant("combined"),
        way(Who::Differential, 2, differential::of_words),
        way(Who::Renoir, 2, renoir::of_words),
        way(Who::Dfir, 1, dfir::of_words),
    ]
}

#[cfg(feature = "peers")]
fn peers_on_maximum() -> Vec<Way> {
    vec![
        way(Who::Timely, 2, timely::of_maximum),
        way(Who::Renoir, 2, renoir::of_maximum),
        way(Who::Dfir, 1, dfir::of_maximum),
    ]
}
