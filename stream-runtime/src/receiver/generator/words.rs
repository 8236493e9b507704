//! `words`: lines of made-up words.

use std::fmt;

use fastrand::Rng;

use crate::block::Text;
use crate::error::Result;
use crate::receiver::{Recovery, Source, SourceContext};
use crate::time::BatchTime;

use super::schedule::Schedule;
use super::{on_all_threads, rng};

/// Lines of text, `rate` of them a second on the job's clock, made of words that look like Latin
/// and are as frequent as the words of a language: the `k`-th most frequent word has a share
/// proportional to `1 / k` (Zipf's law), and frequent words are short.
///
/// By default a line has 10 words out of 10,000, some 60 bytes. The lines follow from the seed and
/// their number alone; rate, limit and batches work as with [`generator`](super::generator).
///
/// Cost: some 10 ns a word, on all threads of the job. Memory: the lines of one batch.
///
/// # Examples
///
/// ```
/// use stream_runtime::prelude::*;
///
/// stream!(
///     #[batch(10ms)]
///     fn most_frequent(lines: Stream<&str>, out: Sink<(&str, u64)>) {
///         let counts = lines
///             .flat_map(|line| line.split_whitespace())
///             .map(|word| (word, 1u64))
///             .reduce_by_key(|a, b| a + b);
///         counts.map(|(word, count)| (count, word)).top_k(1).map(|(count, word)| (word, count)).to(out);
///     }
/// );
///
/// let (out, collected) = stream_runtime::sink::collect();
/// most_frequent(words(100_000).limit(1_000), out).run()?;
/// let (word, count) = &collected.rows()[0][0];
/// assert_eq!(word, "a");
/// // 1,000 lines of 10 words, of which the first has a share of 10.2 %.
/// assert!((900..1_150).contains(count), "{count}");
/// # Ok::<(), stream_runtime::Error>(())
/// ```
pub fn words(rate: u64) -> Words {
    Words {
        schedule: Schedule::new(rate),
        per_line: 10,
        vocabulary: Vocabulary::new(10_000),
    }
}

/// The source made by [`words`].
pub struct Words {
    schedule: Schedule,
    per_line: usize,
    vocabulary: Vocabulary,
}

impl Words {
    /// Where the random numbers begin; 0 by default. The same seed gives the same lines.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.schedule.seed = seed;
        self
    }

    /// How many lines there are; the input is finished after the last.
    #[must_use]
    pub fn limit(mut self, lines: u64) -> Self {
        self.schedule.limit = lines;
        self
    }

    /// How many words a line has.
    #[must_use]
    pub fn per_line(mut self, words: usize) -> Self {
        self.per_line = words;
        self
    }

    /// How many different words there are, at least one. Memory: some 32 bytes a word.
    #[must_use]
    pub fn vocabulary(mut self, words: usize) -> Self {
        self.vocabulary = Vocabulary::new(words);
        self
    }

    fn blocks(&self, mut runs: Vec<(u64, u64)>) -> Vec<Text> {
        runs.retain(|(from, to)| from < to); // a text is never quite empty
        on_all_threads(runs, |(from, to)| {
            let mut text = String::new();
            (from..to).for_each(|index| self.line(index, &mut text));
            Text::from(text)
        })
    }

    fn line(&self, index: u64, text: &mut String) {
        let mut rng = rng(self.schedule.seed, index);
        for word in 0..self.per_line {
            if word > 0 {
                text.push(' ');
            }
            text.push_str(self.vocabulary.draw(&mut rng));
        }
        text.push('\n');
    }
}

impl Source for Words {
    type Block = Text;

    fn start(&mut self, context: &SourceContext) -> Result<()> {
        self.schedule.start(context);
        Ok(())
    }

    fn batch(&mut self, time: BatchTime) -> Result<Vec<Text>> {
        let runs = self.schedule.take(time);
        Ok(self.blocks(runs))
    }

    fn recovery(&self) -> Recovery {
        Recovery::Replays
    }

    fn position(&self) -> Vec<u8> {
        self.schedule.position()
    }

    fn resume(&mut self, context: &SourceContext, position: &[u8]) -> Result<()> {
        self.schedule.resume(context, position)
    }

    fn replay(&mut self, _: BatchTime, end: &[u8]) -> Result<Vec<Text>> {
        let runs = self.schedule.take_again(end)?;
        Ok(self.blocks(runs))
    }

    fn is_finished(&self) -> bool {
        self.schedule.is_finished()
    }

    fn set_rate(&mut self, records_per_second: Option<f64>) {
        self.schedule.set_rate(records_per_second);
    }

    fn stop(&mut self) {
        self.schedule.stop();
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Words")
            .field("schedule", &self.schedule)
            .finish_non_exhaustive()
    }
}

/// Words by rank, drawn by Zipf's law in constant time: the alias method (Walker 1977, in Vose's
/// form of 1991).
struct Vocabulary {
    words: Vec<Box<str>>,
    /// For each rank, which share of its draws it keeps, and who gets the others.
    alias: Vec<(f64, usize)>,
}

impl Vocabulary {
    fn new(words: usize) -> Self {
        let words = words.max(1);
        Self {
            words: (0..words).map(word).collect(),
            alias: alias(words),
        }
    }

    fn draw(&self, rng: &mut Rng) -> &str {
        let rank = rng.usize(..self.words.len());
        let (keep, other) = self.alias[rank];
        let rank = if rng.f64() < keep { rank } else { other };
        &self.words[rank]
    }
}

/// Vose's tables for weights `1 / (rank + 1)`.
fn alias(ranks: usize) -> Vec<(f64, usize)> {
    let total: f64 = (1..=ranks).map(|rank| 1.0 / rank as f64).sum();
    let mut share: Vec<f64> = (1..=ranks)
        .map(|rank| ranks as f64 / (rank as f64 * total))
        .collect();
    let mut alias: Vec<(f64, usize)> = (0..ranks).map(|rank| (1.0, rank)).collect();
    let (mut small, mut large): (Vec<_>, Vec<_>) = (0..ranks).partition(|rank| share[*rank] < 1.0);
    while let (Some(low), Some(&high)) = (small.pop(), large.last()) {
        alias[low] = (share[low], high);
        share[high] -= 1.0 - share[low];
        if share[high] < 1.0 {
            small.extend(large.pop());
        }
    }
    alias
}

/// The word of this rank: a vowel, or syllables like the digits of a number, so that no two ranks
/// have the same word.
fn word(rank: usize) -> Box<str> {
    const VOWELS: &[u8] = b"aeiou";
    const CONSONANTS: &[u8] = b"tnrsldmcpvbgfqh";
    let Some(mut rest) = rank.checked_sub(VOWELS.len()) else {
        return char::from(VOWELS[rank]).to_string().into();
    };
    let mut word = String::new();
    loop {
        word.push(char::from(CONSONANTS[rest % CONSONANTS.len()]));
        rest /= CONSONANTS.len();
        word.push(char::from(VOWELS[rest % VOWELS.len()]));
        rest /= VOWELS.len();
        if rest == 0 {
            return word.into();
        }
        rest -= 1; // without a digit zero, no word is the beginning of zeros of another
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::clock::ManualClock;
    use crate::receiver::harness::{check_recovery, context, next_batch};

    #[test]
    fn no_two_ranks_have_the_same_word_and_frequent_ones_are_short() {
        let words: Vec<_> = (0..20_000).map(word).collect();
        assert_eq!(words.iter().collect::<HashSet<_>>().len(), words.len());
        assert!(words.is_sorted_by_key(|word| word.len()));
        assert_eq!(words[..7].join(" "), "a e i o u ta na");
    }

    #[test]
    fn words_are_drawn_by_zipfs_law() {
        let vocabulary = Vocabulary::new(100);
        let mut rng = rng(0, 0);
        let mut counts: HashMap<&str, f64> = HashMap::new();
        let draws = 100_000;
        for _ in 0..draws {
            *counts.entry(vocabulary.draw(&mut rng)).or_default() += 1.0;
        }
        let total: f64 = (1..=100).map(|rank| 1.0 / f64::from(rank)).sum();
        for rank in [1, 2, 10, 100_u32] {
            let expected = f64::from(draws) / (f64::from(rank) * total);
            let count = counts[&*word(rank as usize - 1)];
            // Five standard deviations.
            assert!(
                (count - expected).abs() < 5.0 * expected.sqrt(),
                "{rank}: {count} {expected}"
            );
        }
    }

    #[test]
    fn batches_come_again_after_a_crash() {
        check_recovery(|| words(7).vocabulary(50).limit(30), 5);
    }

    #[test]
    fn lines_are_due_by_the_clock_and_the_same_in_any_batches() {
        let lines = |rate: u64| {
            let clock = ManualClock::new();
            let mut source = words(rate).seed(3).per_line(2).vocabulary(50).limit(40);
            source.start(&context(&clock)).unwrap();
            let mut text = String::new();
            while !source.is_finished() {
                let batch = next_batch(&mut source, &clock);
                text.extend(batch.iter().map(Text::as_str));
            }
            text
        };
        assert_eq!(lines(7), lines(1_000));
        assert_eq!(lines(7).lines().count(), 40);
        assert!(lines(7).lines().all(|line| line.split(' ').count() == 2));
    }
}
