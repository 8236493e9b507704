//! A state in parts, one for each partition.

use super::codec::Reader;
use super::{Checkpoint, Draft, Malformed, StateShape, StateSize};
use crate::key::{KEY_GROUPS, partition_of};

/// What one partition keeps.
///
/// As [`Checkpoint`], whose calls are handed on to each part.
pub(crate) trait Part: Default + Send + 'static {
    /// The empty part of one of so many partitions.
    fn one_of(_partitions: usize) -> Self {
        Self::default()
    }

    /// What is written looks like this.
    fn shape() -> StateShape {
        StateShape::default()
    }

    /// How large it is.
    fn size(&self) -> StateSize;

    /// Appends what changed since the last delta.
    fn delta(&mut self, out: &mut Draft);

    /// Begins a round of the image.
    fn begin_round(&mut self);

    /// Appends the next slice of the image, of about `bytes`; whether the round is complete.
    fn image(&mut self, out: &mut Draft, bytes: usize) -> bool;

    /// Takes in a delta or a slice of the image: what of it is in `scope`.
    fn apply(&mut self, bytes: &[u8], scope: Scope) -> Result<(), Malformed>;
}

/// Which keys of what is applied belong to a part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope {
    partition: usize,
    partitions: usize,
    /// How many partitions there were when it was written.
    before: usize,
}

impl Scope {
    /// Whether a key belongs to the part.
    #[inline]
    pub(crate) fn has(self, hash: u64) -> bool {
        self.is_whole() || partition_of(hash, self.partitions) == self.partition
    }

    /// Whether partitions are the same as then, so that the part is all of what is applied and has
    /// nothing else: entries can stand where they stood.
    #[inline]
    pub(crate) fn is_whole(self) -> bool {
        self.partitions == self.before
    }
}

/// One `T` for each partition of a job.
///
/// It can be restored into another number of partitions: each entry goes where its hash belongs.
#[derive(Debug)]
pub(crate) struct Partitioned<T> {
    parts: Vec<T>,
    /// Whether all of it has been in a slice of the image since the round began.
    is_complete: bool,
}

impl<T: Part> Partitioned<T> {
    /// Empty parts for so many partitions.
    pub(crate) fn new(partitions: usize) -> Self {
        Self {
            parts: (0..partitions).map(|_| T::one_of(partitions)).collect(),
            is_complete: false,
        }
    }

    /// The parts, in the order of the partitions.
    pub(crate) fn parts(&self) -> &[T] {
        &self.parts
    }

    /// The parts, in the order of the partitions.
    pub(crate) fn parts_mut(&mut self) -> &mut [T] {
        &mut self.parts
    }

    /// The part to which a key with this hash belongs.
    pub(crate) fn part_of(&mut self, hash: u64) -> &mut T {
        let partition = partition_of(hash, self.parts.len());
        &mut self.parts[partition]
    }

    /// Gives what was written for one part to all that have a share in it.
    fn apply_part(&mut self, part: usize, before: usize, bytes: &[u8]) -> Result<(), Malformed> {
        let partitions = self.parts.len();
        // A part had a run of key groups, and so have those that take its place.
        let (first, end) = (
            part * partitions / before,
            ((part + 1) * partitions).div_ceil(before),
        );
        for partition in first..end.min(partitions) {
            let scope = Scope {
                partition,
                partitions,
                before,
            };
            self.parts[partition].apply(bytes, scope)?;
        }
        Ok(())
    }

    /// Writes something of each part, with its length before it.
    fn write(&mut self, out: &mut Draft, mut write: impl FnMut(&mut T, &mut Draft)) {
        out.write(&self.parts.len());
        for part in &mut self.parts {
            let mut draft = Draft::default();
            write(part, &mut draft);
            out.write_counted(draft);
        }
    }
}

impl<T: Part> Checkpoint for Partitioned<T> {
    fn shape(&self) -> StateShape {
        T::shape()
    }

    fn size(&self) -> StateSize {
        self.parts.iter().map(T::size).sum()
    }

    fn delta(&mut self, out: &mut Draft) {
        self.write(out, T::delta);
    }

    fn begin_round(&mut self) {
        self.parts.iter_mut().for_each(T::begin_round);
        self.is_complete = false;
    }

    fn image(&mut self, out: &mut Draft, bytes: usize) -> bool {
        if !self.is_complete {
            let (share, mut complete) = (bytes / self.parts.len(), true);
            self.write(out, |part, out| complete &= part.image(out, share));
            self.is_complete = complete;
        }
        self.is_complete
    }

    fn apply(&mut self, part: &[u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(part);
        let before: u64 = reader.read()?;
        if !(1..=KEY_GROUPS).contains(&before) {
            return Err(Malformed(format!("there cannot be {before} partitions")));
        }
        for part in 0..before as usize {
            self.apply_part(part, before as usize, reader.bytes()?)?;
        }
        reader.end()
    }
}
