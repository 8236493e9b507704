//! The records of a journal.

use serde::{Deserialize, Serialize};

use super::codec::{self, Bytes};
use super::rounds::Part;
use crate::time::BatchTime;

/// Named bytes, in the order of the names' first mention.
pub(super) type Named<'a> = Vec<(&'a str, Bytes<'a>)>;

/// Named bytes that are still to be written.
pub(crate) type NamedBytes = Vec<(String, Vec<u8>)>;

pub(super) fn named(named: &NamedBytes) -> Named<'_> {
    let named = named.iter();
    named.map(|(name, bytes)| (&**name, Bytes(bytes))).collect()
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Record<'a> {
    #[serde(borrow)]
    Start(Start<'a>),
    Plan(Plan<'a>),
    Commit(Commit<'a>),
    /// What a state is from here on, outside of any batch.
    State(StatePart<'a>),
}

/// Which job this is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Start<'a> {
    pub(super) pipeline: &'a str,
    /// The program's version.
    pub(super) version: &'a str,
    pub(super) interval_us: u64,
    pub(super) zero_us: u64,
    /// The states that the program has. What an earlier one had besides is forgotten.
    pub(super) states: Vec<&'a str>,
}

/// Where the input of a batch ends.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Plan<'a> {
    pub(super) time_us: u64,
    #[serde(borrow)]
    pub(super) ends: Named<'a>,
}

/// What batches up to this one have changed since the last commit.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Commit<'a> {
    pub(super) time_us: u64,
    #[serde(borrow)]
    pub(super) states: Vec<StatePart<'a>>,
    /// Of accumulators, the values.
    pub(super) accumulators: Named<'a>,
    /// Of inputs, the positions.
    pub(super) positions: Named<'a>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StatePart<'a> {
    pub(super) name: &'a str,
    /// The types of key and value; empty where the round has said it before.
    #[serde(borrow)]
    pub(super) shape: Bytes<'a>,
    /// Whether what was written before does not count any more.
    pub(super) is_new: bool,
    pub(super) delta: Bytes<'a>,
    pub(super) image: Bytes<'a>,
}

/// A commit that is not yet in bytes: to bring it there takes longer than to copy what it is made of.
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
