//! The pipelines that are under load: one that does a lot with each record and shuffles, and one that does
//! next to nothing.

use std::sync::Arc;

use stream_runtime::prelude::*;
use stream_runtime::sink::BatchWriter;
use stream_runtime::{BatchTime, Family, Job, Rows, Text};

use super::load::{Cut, GivenUp, Load};
use crate::data::{lines_of, numbers, text};

stream!(
    fn word_count(lines: Stream<&str>, counts: Sink<(&str, u64)>) {
        lines
            .flat_map(|line| line.split_ascii_whitespace())
            .map(|word| (word, 1u64))
            .reduce_by_key(|a, b| a + b)
            .to(counts);
    }

    fn filter(numbers: Stream<u64>, few: Sink<u64>) {
        numbers.filter(|number| number % 1_024 == 0).to(few);
    }
);

/// A pipeline with its records.
#[derive(Debug, Clone, Copy)]
pub struct Pipeline {
    /// Its name.
    pub name: &'static str,
    /// Records in a block, at most.
    pub most: usize,
    /// A job over so many batches that are cut like this.
    pub job: fn(Cut, u64, GivenUp) -> Job,
}

/// All of them.
pub const PIPELINES: [Pipeline; 2] = [
    Pipeline {
        name: "word count",
        most: 8_192,
        job: |cut, batches, given_up| {
            let load = Load::new(lines(text(), cut.records), cut, batches, given_up);
            word_count(load, Forget)
        },
    },
    Pipeline {
        name: "filter",
        most: 16_384,
        job: |cut, batches, given_up| {
            let load = Load::new(rows(numbers(), cut.records), cut, batches, given_up);
            filter(load, Forget)
        },
    },
];

/// So many blocks, at most: more than fit in a cache, if they are not tiny.
const BLOCKS: usize = 16_384;

/// Blocks of so many lines of a text.
fn lines(text: &[Arc<Text>], records: usize) -> Vec<Arc<Text>> {
    let mut lines = text.iter().flat_map(|block| lines_of(block));
    let block = || {
        let lines: Vec<&str> = lines.by_ref().take(records).collect();
        (lines.len() == records).then(|| Arc::new(Text::from(lines.join("\n") + "\n")))
    };
    std::iter::from_fn(block).take(BLOCKS).collect()
}

/// Blocks of so many of the numbers.
fn rows(numbers: &[Arc<Rows<u64>>], records: usize) -> Vec<Arc<Rows<u64>>> {
    let blocks = numbers.iter().flat_map(|rows| rows.0.chunks_exact(records));
    let blocks = blocks.map(|rows| Arc::new(Rows(rows.to_vec())));
    blocks.take(BLOCKS).collect()
}

/// A sink that forgets.
#[derive(Debug)]
struct Forget;

impl<F: Family> BatchWriter<F> for Forget {
    fn write(&mut self, _: BatchTime, rows: &[Vec<F::Of<'_>>]) -> std::io::Result<()> {
        std::hint::black_box(rows.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use stream_runtime::BlockSize;

    use super::*;

    #[test]
    fn blocks_have_as_many_records_as_they_should() {
        let text = ["a b\nc\n", "d\n\ne\n"].map(|block| Arc::new(Text::from(block)));
        for (records, blocks) in [(1, 5), (2, 2), (5, 1), (6, 0)] {
            let lines = lines(&text, records);
            assert_eq!(lines.len(), blocks);
            assert!(lines.iter().all(|block| block.count_records() == records));
        }
        let numbers = [Arc::new(Rows((0..10).collect()))];
        let rows = rows(&numbers, 4);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1].0, [4, 5, 6, 7]);
    }
}
