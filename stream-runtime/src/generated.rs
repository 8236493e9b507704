//! Small functions that generated code calls, so that what is generated stays glue.

use std::io;
use std::marker::PhantomData;
use std::mem;
use std::ops::Deref;

use crate::block::{Block, BlockSize};
use crate::combining::Combining;
use crate::context::BatchContext;
use crate::engine::Bucket;
use crate::input::Blocks;
use crate::job::Job;
use crate::key::Key;
use crate::record::Family;
use crate::sink::BatchWriter;
use crate::site::Site;
use crate::stream::{Sink, Stream};

/// An input as an operator. It knows the family of its records.
#[derive(Debug)]
pub struct Source<F> {
    /// Where the parameter stands.
    pub site: Site,
    family: PhantomData<fn() -> F>,
}

impl<F: Family> Source<F> {
    /// The records of one block.
    #[inline(always)]
    pub fn records<'b, B: Block<F>>(&self, block: &'b B) -> impl Iterator<Item = F::Of<'b>> {
        block.records()
    }

    /// The records of one block, several of them as one where that makes no difference to a split at white
    /// space; each with how many they are.
    #[inline(always)]
    pub fn runs<'b, B: Block<F>>(&self, block: &'b B) -> impl Iterator<Item = (F::Of<'b>, u64)> {
        block.runs()
    }

    /// The records of one block that a filter for `pattern` has to see, in runs, each with how many more are
    /// left out by now.
    #[inline(always)]
    pub fn candidates<'b, B: Block<F>>(
        &self,
        block: &'b B,
        pattern: Option<&str>,
    ) -> impl Iterator<Item = (impl Iterator<Item = F::Of<'b>>, u64)> {
        block.candidates(pattern)
    }
}

/// What a filter looks for. Whether that is a string, the compiler knows when it looks up `text`: for
/// other types it finds the method of [`NoText`], behind `Deref`.
#[derive(Debug)]
pub struct Pattern<'p, P>(pub &'p P);

impl<'p, P: AsRef<str>> Pattern<'p, P> {
    /// The string.
    pub fn text(&self) -> Option<&'p str> {
        Some(self.0.as_ref())
    }
}

impl<P> Deref for Pattern<'_, P> {
    type Target = NoText;

    fn deref(&self) -> &NoText {
        &NoText
    }
}

/// A character, a closure, or something else that is no string.
#[derive(Debug)]
pub struct NoText;

impl NoText {
    /// None.
    pub fn text(&self) -> Option<&'static str> {
        None
    }
}

/// The stream of an input's records: its type only.
#[track_caller]
pub fn source<'b, F: Family, B: Block<F>>(_: &'b Blocks<B>) -> (Source<F>, Stream<F::Of<'b>>) {
    let source = Source {
        site: Site::here("source"),
        family: PhantomData,
    };
    (source, Stream::new())
}

/// The type of a sink parameter.
pub fn sink<T>() -> Sink<T> {
    Sink::new()
}

/// How many records an iterator gives, and 0; or 0, and 1 to add for each of them, if it does not know.
#[inline(always)]
pub fn count<T>(records: &impl Iterator<Item = T>) -> (u64, u64) {
    match records.size_hint() {
        (least, Some(most)) if least == most => (least as u64, 0),
        _ => (0, 1),
    }
}

/// After a block: whether a task that has taken in so many of the expected records goes on combining them.
pub fn judge<K: Key, V, S>(combining: &mut Combining<K, V, S>, records: u64, expected: usize) {
    combining.judge(records, expected);
}

/// About how many records an input has.
pub fn records_hint<B: BlockSize>(blocks: &Blocks<B>) -> usize {
    blocks.records_hint()
}

/// How many records or entries wait in the buckets of a shuffle.
pub fn waiting<B: Bucket>(partitions: &[Vec<B>]) -> usize {
    let mut records = 0;
    for partition in partitions {
        for bucket in partition {
            records += bucket.records();
        }
    }
    records
}

/// How many records wait in the buffers of a batch.
pub fn buffered<T>(partitions: &[Vec<T>]) -> usize {
    let mut records = 0;
    for partition in partitions {
        records += partition.len();
    }
    records
}

/// The partitions of two streams side by side.
pub fn zip<L: Default, R: Default>(mut left: Vec<L>, mut right: Vec<R>) -> Vec<(L, R)> {
    debug_assert_eq!(
        left.len(),
        right.len(),
        "both sides of a join have the same partitions"
    );
    let mut pairs = Vec::with_capacity(left.len());
    for (left, right) in left.iter_mut().zip(&mut right) {
        pairs.push((mem::take(left), mem::take(right)));
    }
    pairs
}

/// The partitions of several streams, one after the other.
pub fn concat<P>(streams: &mut [Vec<P>]) -> Vec<P> {
    let mut partitions = Vec::new();
    for stream in streams {
        partitions.append(stream);
    }
    partitions
}

/// A sink with the family of its records.
#[derive(Debug)]
pub struct Output<F, W> {
    writer: W,
    family: PhantomData<fn() -> F>,
}

/// The sink that is given for a parameter.
pub fn output<F: Family, W: BatchWriter<F>>(writer: W) -> Output<F, W> {
    let family = PhantomData;
    Output { writer, family }
}

impl<F: Family, W: BatchWriter<F>> Output<F, W> {
    /// Gives a batch to the sink.
    ///
    /// # Errors
    ///
    /// When the sink cannot write it.
    pub fn write(
        &mut self,
        context: &BatchContext<'_>,
        partitions: &[Vec<F::Of<'_>>],
    ) -> io::Result<()> {
        self.writer.write_in(context, partitions)
    }
}

/// What a pipeline with mistakes returns; it never runs.
pub fn no_job() -> Job {
    unreachable!("a pipeline with mistakes does not compile")
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn only_strings_have_a_text() {
        let (slice, string) = ("ab", "ab".to_owned());
        assert_eq!(Pattern(&slice).text(), Some("ab"));
        assert_eq!(Pattern(&&slice).text(), Some("ab"));
        assert_eq!(Pattern(&&string).text(), Some("ab"));
        assert_eq!(Pattern(&'a').text(), None);
        assert_eq!(Pattern(&['a', 'b']).text(), None);
        assert_eq!(Pattern(&&['a', 'b'][..]).text(), None);
        assert_eq!(Pattern(&char::is_uppercase).text(), None);
        assert_eq!(Pattern(&|letter: char| letter == 'a').text(), None);
    }
}
