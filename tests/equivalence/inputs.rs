//! Made-up records: the same for the same seed, with few keys, a hot key, or no key twice.

use serde::{Deserialize, Serialize};
use stream_runtime::prelude::*;

/// SplitMix64.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((word ^ (word >> 31)) % limit as u64) as usize
    }
}

/// How keys are spread over the records of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// Each key some five times.
    Duplicates,
    /// One key has half of the records.
    Hot,
    /// No key twice.
    Distinct,
}

impl Shape {
    /// In the order in which `next` goes round.
    pub(crate) const ALL: [Self; 3] = [Self::Duplicates, Self::Hot, Self::Distinct];

    /// The shape of the second input when this is that of the first: two hot keys never meet, since
    /// their join would be the product of two halves.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Duplicates => Self::Hot,
            Self::Hot => Self::Distinct,
            Self::Distinct => Self::Duplicates,
        }
    }

    /// The number of the key of record `at` of `len`.
    fn key(self, random: &mut Random, at: usize, len: usize) -> usize {
        let few = (len / 5).max(8);
        match self {
            Self::Hot if random.below(2) == 0 => HOT,
            Self::Duplicates | Self::Hot => random.below(few),
            Self::Distinct => at,
        }
    }
}

const HOT: usize = 3;

/// Keys that are easily treated wrongly, and then as many plain ones as are asked for.
fn name(key: usize) -> String {
    const ODD: [&str; 7] = [
        "",
        "é",
        "日本語",
        "a key longer than sixteen bytes",
        "🦀",
        " ",
        "A",
    ];
    ODD.get(key)
        .map_or_else(|| format!("key{key}"), |odd| (*odd).to_owned())
}

/// What makes the records of one batch of one input.
pub(crate) type Made<T> = fn(&mut Random, Shape, usize) -> Vec<T>;

fn made<T>(
    random: &mut Random,
    shape: Shape,
    len: usize,
    mut record: impl FnMut(&mut Random, usize) -> T,
) -> Vec<T> {
    let records = (0..len).map(|at| {
        let key = shape.key(random, at, len);
        record(random, key)
    });
    records.collect()
}

/// Names.
pub(crate) fn words(random: &mut Random, shape: Shape, len: usize) -> Vec<String> {
    made(random, shape, len, |_, key| name(key))
}

/// None to three names, with blanks between them: some lines are empty.
pub(crate) fn lines(random: &mut Random, shape: Shape, len: usize) -> Vec<String> {
    made(random, shape, len, |random, key| {
        let names = (0..random.below(4)).map(|at| name(key + at));
        names.collect::<Vec<_>>().join(" ")
    })
}

/// Numbers below 2³².
pub(crate) fn numbers(random: &mut Random, shape: Shape, len: usize) -> Vec<u64> {
    made(random, shape, len, |_, key| {
        key as u64 * 0x9e37_79b9 % (1 << 32)
    })
}

/// A name and a number below 100.
pub(crate) fn pairs(random: &mut Random, shape: Shape, len: usize) -> Vec<(String, u64)> {
    made(random, shape, len, |random, key| {
        (name(key), random.below(100) as u64)
    })
}

/// `name,number`; some lack the comma, some the number.
pub(crate) fn csv(random: &mut Random, shape: Shape, len: usize) -> Vec<String> {
    made(random, shape, len, |random, key| match random.below(10) {
        0 => name(key),
        1 => format!("{},much", name(key)),
        amount => format!("{},{}", name(key), amount * 10),
    })
}

/// A page, by value a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Key, Serialize, Deserialize)]
pub(crate) struct Page {
    pub(crate) site: String,
    pub(crate) number: u32,
}

/// A page, borrowed, a key as well.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Key, Serialize, Deserialize)]
pub(crate) struct PageRef<'a> {
    pub(crate) site: &'a str,
    pub(crate) number: u32,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) user: String,
    pub(crate) page: Page,
    pub(crate) amount: i64,
}

/// Events of a user on one of few pages.
pub(crate) fn events(random: &mut Random, shape: Shape, len: usize) -> Vec<Event> {
    made(random, shape, len, |random, key| Event {
        user: name(key),
        page: Page {
            site: name(key % 10),
            number: random.below(3) as u32,
        },
        amount: random.below(1000) as i64 - 500,
    })
}

/// The records that all inputs get in one batch.
pub(crate) trait Given: Clone + Default + 'static {
    /// Batches of at most `len` records of each input; at least one.
    fn cut(&self, len: usize) -> Vec<Self>;
}

impl<T: Clone + 'static> Given for Vec<T> {
    fn cut(&self, len: usize) -> Vec<Self> {
        match self.is_empty() {
            true => vec![vec![]],
            false => self.chunks(len).map(<[T]>::to_vec).collect(),
        }
    }
}

impl<A: Given, B: Given> Given for (A, B) {
    fn cut(&self, len: usize) -> Vec<Self> {
        let (mut left, mut right) = (self.0.cut(len), self.1.cut(len));
        let batches = left.len().max(right.len());
        left.resize_with(batches, A::default);
        right.resize_with(batches, B::default);
        left.into_iter().zip(right).collect()
    }
}

#[test]
fn shapes_are_what_they_say() {
    let words = |shape| words(&mut Random::seeded(1), shape, 1000);
    let distinct = |words: &[String]| {
        words
            .iter()
            .collect::<std::collections::BTreeSet<_>>()
            .len()
    };
    let hot = words(Shape::Hot)
        .into_iter()
        .filter(|word| *word == name(HOT))
        .count();
    assert!((400..600).contains(&hot), "{hot} of 1000");
    assert_eq!(distinct(&words(Shape::Distinct)), 1000);
    assert!(distinct(&words(Shape::Duplicates)) <= 200);
}
