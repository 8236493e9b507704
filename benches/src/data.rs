//! The data: made the same on every machine.

use std::sync::{Arc, LazyLock, OnceLock};

use stream_runtime::{Rows, Text};

use crate::answer::mix64;

/// Records in a batch: a million, or what the environment variable `RECORDS` says.
///
/// # Panics
///
/// If `RECORDS` is not a number.
pub fn records() -> usize {
    static RECORDS: LazyLock<usize> = LazyLock::new(|| match std::env::var("RECORDS") {
        Ok(records) => records.parse().expect("RECORDS is a number of records"),
        Err(_) => 1_000_000,
    });
    *RECORDS
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
const VOCABULARY: usize = 100_000;

/// splitmix64.
#[derive(Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator with this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix64(self.0)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound
    }
}

/// A key that looks random.
pub fn key64(k: u64) -> u64 {
    mix64(k.wrapping_add(GOLDEN))
}

/// 100,000 distinct words of 3 to 12 letters.
pub fn vocabulary() -> &'static [String] {
    static WORDS: OnceLock<Vec<String>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let mut rng = Rng::new(0x56_4f43_4142);
        let mut seen = std::collections::HashSet::new();
        let mut words = Vec::with_capacity(VOCABULARY);
        while words.len() < VOCABULARY {
            let len = 3 + rng.below(10);
            let word: String = (0..len)
                .map(|_| char::from(b'a' + rng.below(26) as u8))
                .collect();
            if seen.insert(word.clone()) {
                words.push(word);
            }
        }
        words
    })
}

/// Lines of some 100 bytes of words drawn from the vocabulary by Zipf's law, as blocks of 1 MiB.
pub fn text() -> &'static [Arc<Text>] {
    static TEXT: OnceLock<Vec<Arc<Text>>> = OnceLock::new();
    TEXT.get_or_init(|| {
        blocks_of_lines(
            (0..records()).scan(Rng::new(0x7465_7874_0000_0000), |rng, _| Some(line(rng))),
        )
    })
}

/// A line of at least 95 bytes, of words drawn by Zipf's law.
pub fn line(rng: &mut Rng) -> String {
    let mut line = zipf_word(rng).to_owned();
    while line.len() < 95 {
        line.push(' ');
        line.push_str(zipf_word(rng));
    }
    line
}

/// A word drawn by Zipf's law.
pub fn zipf_word(rng: &mut Rng) -> &'static str {
    static CUMULATED: OnceLock<Vec<u64>> = OnceLock::new();
    let cumulated = CUMULATED.get_or_init(|| {
        let weights = (0..VOCABULARY as u64).map(|index| (1u64 << 40) / (index + 1));
        weights
            .scan(0, |sum, weight| {
                *sum += weight;
                Some(*sum)
            })
            .collect()
    });
    let drawn = rng.below(cumulated[VOCABULARY - 1]);
    &vocabulary()[cumulated.partition_point(|sum| *sum <= drawn)]
}

/// Lines packed into blocks of about 1 MiB, as a receiver would.
pub fn blocks_of_lines(lines: impl Iterator<Item = String>) -> Vec<Arc<Text>> {
    let mut blocks = Vec::new();
    let mut block = String::new();
    for line in lines {
        block.push_str(&line);
        block.push('\n');
        if block.len() >= 1 << 20 {
            blocks.push(Arc::new(Text::from(std::mem::take(&mut block))));
        }
    }
    blocks.push(Arc::new(Text::from(block)));
    blocks
}

/// Rows packed into blocks.
pub fn blocks_of_rows<T: Clone>(rows: &[T]) -> Vec<Arc<Rows<T>>> {
    rows.chunks(rows.len().div_ceil(16))
        .map(|rows| Arc::new(Rows(rows.to_vec())))
        .collect()
}

/// Numbers that look random.
pub fn numbers() -> &'static [Arc<Rows<u64>>] {
    static NUMBERS: OnceLock<Vec<Arc<Rows<u64>>>> = OnceLock::new();
    NUMBERS.get_or_init(|| {
        let mut rng = Rng::new(0x6e75_6d00_0000_0000);
        blocks_of_rows(&(0..records()).map(|_| rng.draw()).collect::<Vec<_>>())
    })
}

/// Pairs, with as many possible keys as there are records.
pub fn pairs(seed: u64) -> Vec<Arc<Rows<(u64, u64)>>> {
    let mut rng = Rng::new(seed);
    blocks_of_rows(
        &(0..records())
            .map(|_| (key64(rng.below(records() as u64)), rng.draw()))
            .collect::<Vec<_>>(),
    )
}

/// The lines of a block as an expert finds them: with `memchr`.
#[inline(always)]
pub fn lines_of(text: &Text) -> impl Iterator<Item = &str> {
    let text = text.as_str();
    let mut start = 0;
    memchr::memchr_iter(b'\n', text.as_bytes()).map(move |end| {
        let line = &text[start..end];
        start = end + 1;
        line
    })
}
