//! A window over records as they are.

use std::collections::BTreeMap;
use std::mem;

use serde::Serialize;

use super::panes::Panes;
use crate::engine::Exchange;
use crate::shape::{Leaf, Shape, shape_of};
use crate::state::{self, Checkpoint, Draft, Malformed, Reader, StateShape, StateSize};
use crate::time::BatchTime;

/// The records of a window, serialized, so that what is borrowed from a batch can be lent again
/// from here.
///
/// Records stand in chunks, which do not change: each is written to a checkpoint once when it was
/// made, and once in each round of the image. They belong to no partition.
///
/// Memory: the bytes of the records.
#[derive(Debug, Default)]
pub(crate) struct RecordWindow {
    /// What a record looks like.
    shape: StateShape,
    panes: Panes<Vec<Chunk>>,
    /// Panes up to this time have left.
    left: BatchTime,
    written: Written,
    restored: BTreeMap<BatchTime, BTreeMap<u32, Chunk>>,
}

/// Some records of one batch.
#[derive(Debug, Default)]
pub struct Chunk {
    records: u64,
    bytes: Vec<u8>,
}

/// How much has been written.
#[derive(Debug, Default)]
struct Written {
    /// Deltas have had the panes up to this time.
    told: BatchTime,
    /// The image has the panes up to this time: those that were there when the round began.
    round: BatchTime,
    /// The next chunk of the image, by the time of its pane and its place there.
    next: (BatchTime, usize),
}

/// A chunk is closed when it is as long as this: short enough to be spread evenly over tasks and
/// over the slices of an image.
const CHUNK_BYTES: usize = 1 << 16;

/// Adds a record to the chunks of a task.
///
/// # Panics
///
/// When the record's own `Serialize` fails.
#[inline]
pub(crate) fn push_record<T: Serialize>(chunks: &mut Vec<Chunk>, record: &T) {
    if chunks
        .last()
        .is_none_or(|last| last.bytes.len() >= CHUNK_BYTES)
    {
        chunks.push(Chunk::default());
    }
    if let Some(chunk) = chunks.last_mut() {
        state::write(record, &mut chunk.bytes);
        chunk.records += 1;
    }
}

impl Chunk {
    /// The records again, borrowing from the chunk.
    ///
    /// # Panics
    ///
    /// When a record does not come back from serde as it went.
    pub(crate) fn records<'b, T: Exchange<'b>>(&'b self) -> impl Iterator<Item = T> {
        let mut bytes = &self.bytes[..];
        (0..self.records).map(move |_| match postcard::take_from_bytes(bytes) {
            Ok((record, rest)) => {
                bytes = rest;
                record
            }
            Err(error) => panic!(
                "a {} does not come back from serde as it went: {error}; look for fields that are skipped",
                std::any::type_name::<T>()
            ),
        })
    }
}

impl RecordWindow {
    /// An empty window over records of this type.
    pub(crate) fn of<'b, T: Exchange<'b>>() -> Self {
        Self {
            shape: StateShape::new(
                "window of records",
                Shape::Leaf(Leaf::Unit),
                shape_of::<T>(),
            ),
            ..Self::default()
        }
    }

    /// Takes in the records of the batch at `time`, and gives up the batches up to `left`.
    pub(crate) fn slide(&mut self, time: BatchTime, chunks: Vec<Chunk>, left: BatchTime) {
        self.restore();
        if !chunks.is_empty() {
            self.panes.push(time, chunks);
        }
        self.left = self.left.max(left);
        while self.panes.pop_until(self.left).is_some() {}
    }

    /// The chunks of the window, oldest first, in `parts` runs of about as many chunks each.
    pub(crate) fn runs(&self, parts: usize) -> Vec<Vec<&Chunk>> {
        let count: usize = self.panes.iter().map(|pane| pane.content.len()).sum();
        let mut chunks = self.panes.iter().flat_map(|pane| &pane.content);
        let ends = (1..=parts).map(|part| count * part / parts);
        let mut begin = 0;
        let run = ends.map(|end| {
            let run = chunks.by_ref().take(end - mem::replace(&mut begin, end));
            run.collect()
        });
        run.collect()
    }

    /// How many records there are.
    pub(crate) fn len(&self) -> usize {
        let chunks = self.panes.iter().flat_map(|pane| &pane.content);
        chunks.map(|chunk| chunk.records as usize).sum()
    }

    /// Makes panes of what was restored.
    fn restore(&mut self) {
        for (time, chunks) in mem::take(&mut self.restored) {
            if time > self.left {
                self.panes.push(time, chunks.into_values().collect());
            }
        }
    }
}

/// ```text
/// the time up to which panes have left, (true, time, place, records, bytes)…, false
/// ```
impl Checkpoint for RecordWindow {
    fn shape(&self) -> StateShape {
        self.shape.clone()
    }

    /// A window of records has no keys.
    fn size(&self) -> StateSize {
        let chunks = self.panes.iter().flat_map(|pane| &pane.content);
        StateSize {
            keys: 0,
            bytes: chunks.map(|chunk| chunk.bytes.len() as u64).sum(),
        }
    }

    fn delta(&mut self, out: &mut Draft) {
        let out = out.bytes();
        self.restore();
        state::write(&self.left, out);
        for pane in self.panes.after(self.written.told) {
            for (place, chunk) in pane.content.iter().enumerate() {
                write_chunk(pane.time, place, chunk, out);
            }
        }
        state::write(&false, out);
        self.written.told = self.panes.latest().unwrap_or(self.written.told);
    }

    fn begin_round(&mut self) {
        self.restore();
        self.written.round = self.panes.latest().unwrap_or(BatchTime::ZERO);
        self.written.next = (BatchTime::ZERO, 0);
    }

    fn image(&mut self, out: &mut Draft, bytes: usize) -> bool {
        let out = out.bytes();
        state::write(&self.left, out);
        let (end, (time, place)) = (out.len() + bytes, self.written.next);
        let panes = self.panes.iter().filter(|pane| pane.time >= time);
        let chunks = panes.flat_map(|pane| {
            let chunks = pane.content.iter().enumerate();
            chunks.map(|(place, chunk)| (pane.time, place, chunk))
        });
        let mut is_complete = true;
        let left = chunks.filter(|chunk| (chunk.0, chunk.1) >= (time, place));
        for (time, place, chunk) in left.take_while(|chunk| chunk.0 <= self.written.round) {
            write_chunk(time, place, chunk, out);
            self.written.next = (time, place + 1);
            if out.len() >= end {
                is_complete = false;
                break;
            }
        }
        state::write(&false, out);
        is_complete
    }

    fn apply(&mut self, part: &[u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(part);
        self.left = self.left.max(reader.read()?);
        while reader.read()? {
            let (time, place, records): (BatchTime, u32, u64) = reader.read()?;
            let bytes = reader.bytes()?.to_vec();
            let chunks = self.restored.entry(time).or_default();
            chunks.insert(place, Chunk { records, bytes });
            self.written.told = self.written.told.max(time);
        }
        reader.end()
    }
}

fn write_chunk(time: BatchTime, place: usize, chunk: &Chunk, out: &mut Vec<u8>) {
    state::write(&(true, time, place, chunk.records), out);
    state::write(&chunk.bytes.len(), out);
    out.extend_from_slice(&chunk.bytes);
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    fn at(second: u64) -> BatchTime {
        BatchTime::from_millis(1_000 * second)
    }

    fn records(window: &RecordWindow, parts: usize) -> Vec<String> {
        let runs = window.runs(parts);
        assert_eq!(runs.len(), parts);
        let chunks = runs.into_iter().flatten();
        let records = chunks.flat_map(Chunk::records::<&str>);
        records.map(str::to_owned).collect()
    }

    #[test]
    fn what_is_restored_is_what_was_there() {
        let (mut rng, mut journal) = (Rng::with_seed(3), Vec::new());
        let (mut window, mut expected) = (RecordWindow::default(), Vec::new());
        window.begin_round();
        let mut rounds = (0, 0);
        for second in 1..200 {
            let row: Vec<_> = (0..rng.usize(0..5))
                .map(|_| rng.u32(..).to_string())
                .collect();
            let chunks = row.iter().map(|record| {
                let mut chunks = Vec::new();
                push_record(&mut chunks, record);
                chunks.remove(0)
            });
            window.slide(at(second), chunks.collect(), at(second.saturating_sub(5)));
            expected.push(row);
            let window_rows = &expected[expected.len().saturating_sub(5)..];
            assert_eq!(records(&window, rng.usize(1..4)), window_rows.concat());

            let (mut delta, mut slice) = (Draft::default(), Draft::default());
            window.delta(&mut delta);
            let is_complete = window.image(&mut slice, rng.usize(0..50));
            journal.extend([delta, slice].map(Draft::into_bytes));
            if is_complete {
                rounds = (rounds.1, journal.len());
                window.begin_round();
            }
            if rng.u8(0..5) == 0 {
                window = RecordWindow::default();
                for part in &journal[rounds.0..] {
                    window.apply(part).unwrap();
                }
                window.begin_round();
                rounds.1 = journal.len();
            }
        }
    }

    #[test]
    fn long_batches_are_cut_into_chunks() {
        let mut chunks = Vec::new();
        let record = "x".repeat(1_000);
        (0..1_000).for_each(|_| push_record(&mut chunks, &record));
        assert!((15..18).contains(&chunks.len()));
        let mut window = RecordWindow::default();
        window.slide(at(1), chunks, at(0));
        assert_eq!(window.len(), 1_000);
        let runs = window.runs(4);
        assert!(runs.iter().all(|run| run.len() >= 3), "{}", runs.len());
    }
}
