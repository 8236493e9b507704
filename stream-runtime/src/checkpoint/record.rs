//! The records of a journal.

use serde::{Deserialize, Serialize};

use super::codec::Bytes;

/// Named bytes, in the order of the names' first mention.
pub(super) type Named<'a> = Vec<(&'a str, Bytes<'a>)>;

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
