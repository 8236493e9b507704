//! A commit before it is put into bytes.

use super::codec::{self, Bytes};
use super::record::{Commit, Named, Record, StatePart};
use super::rounds::Part;
use crate::time::BatchTime;

/// Bytes by name, in the order of the names' first mention.
pub(crate) type NamedBytes = Vec<(String, Vec<u8>)>;

/// The same, as a record has it.
pub(super) fn named(named: &[(String, Vec<u8>)]) -> Named<'_> {
    let named = named.iter();
    named.map(|(name, bytes)| (&**name, Bytes(bytes))).collect()
}

/// What a commit is made of. Who writes the journal puts it into bytes.
#[derive(Debug)]
pub(super) struct CommitDraft {
    pub(super) time: BatchTime,
    /// The states by their names.
    pub(super) parts: Vec<(&'static str, Part)>,
    pub(super) accumulators: NamedBytes,
    pub(super) positions: NamedBytes,
}

impl CommitDraft {
    /// About how long the record is.
    pub(super) fn len(&self) -> usize {
        let named = self.accumulators.iter().chain(&self.positions);
        let parts = self.parts.iter();
        named.map(|(_, bytes)| bytes.len()).sum::<usize>()
            + parts.map(|(_, part)| part.len()).sum::<usize>()
    }

    /// The record, encoded.
    pub(super) fn encode(self) -> Vec<u8> {
        let parts = self.parts.into_iter();
        let parts = parts.map(|(name, part)| {
            let (delta, image) = (part.delta.into_bytes(), part.image.into_bytes());
            (name, part.shape, delta, image)
        });
        let parts: Vec<_> = parts.collect();
        let states = parts.iter().map(|(name, shape, delta, image)| StatePart {
            name,
            shape: Bytes(shape),
            is_new: false,
            delta: Bytes(delta),
            image: Bytes(image),
        });
        codec::encode(&Record::Commit(Commit {
            time_us: self.time.as_micros(),
            states: states.collect(),
            accumulators: named(&self.accumulators),
            positions: named(&self.positions),
        }))
    }
}
