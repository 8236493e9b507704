//! What a journal says, read from its beginning.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::codec::{self, Bytes};
use super::record::{Commit, Named, Plan, Record, Start, StatePart};
use crate::error::{Error, Result};
use crate::log::{self, At, BEGIN_ANEW, Contents, Tail};
use crate::state::{Recorded, StateShape};
use crate::storage::Storage;
use crate::time::BatchTime;

use super::checkpointer::Identity;

/// The name of the journal's segments.
pub(super) const NAME: &str = "journal";

/// What a job goes on with.
#[derive(Debug, Default)]
pub(crate) struct Recovered {
    /// The job that wrote the journal last; none if it is empty.
    pub(crate) job: Option<Identity>,
    /// The last batch that was committed.
    pub(crate) committed: Option<BatchTime>,
    /// The batches after it whose input is fixed, with where it ends for each input.
    pub(crate) planned: BTreeMap<BatchTime, BTreeMap<String, Vec<u8>>>,
    /// Where each input stood after the last commit.
    pub(crate) positions: BTreeMap<String, Vec<u8>>,
    /// The value of each accumulator after the last commit.
    pub(crate) accumulators: BTreeMap<String, Vec<u8>>,
    /// What was written of each state.
    pub(crate) states: BTreeMap<String, Recorded>,
    /// What was cut off, because it was being written when the power went off.
    pub(crate) tail: Option<Tail>,
}

/// Reads the journal in `storage`. Nothing is written.
///
/// # Errors
///
/// When a file of it cannot be read or used.
pub(crate) fn read(storage: Arc<dyn Storage>) -> Result<(Recovered, Contents)> {
    let mut recovered = Recovered::default();
    let contents = log::read(storage, NAME, |at, bytes| {
        let record = codec::decode(bytes);
        let record =
            record.map_err(|error| unusable(at, format!("a record is malformed: {error}")))?;
        recovered.take_in(at, record)
    })?;
    recovered.tail = contents.tail.clone();
    Ok((recovered, contents))
}

fn unusable(at: &At, problem: impl std::fmt::Display) -> Error {
    at.error(problem, BEGIN_ANEW)
}

fn owned(named: Named<'_>) -> BTreeMap<String, Vec<u8>> {
    let mut owned = BTreeMap::new();
    for (name, Bytes(bytes)) in named {
        owned.insert(name.to_owned(), bytes.to_vec());
    }
    owned
}

impl Recovered {
    fn take_in(&mut self, at: &At, record: Record<'_>) -> Result<()> {
        match record {
            Record::Start(start) => self.start(start),
            _ if self.job.is_none() => return Err(unusable(at, "the journal does not begin here")),
            Record::Plan(plan) => self.plan(plan),
            Record::Commit(commit) => return self.commit(at, commit),
            Record::State(part) => return self.state(at, part),
        }
        Ok(())
    }

    fn start(&mut self, start: Start<'_>) {
        self.states
            .retain(|name, _| start.states.contains(&name.as_str()));
        self.job = Some(Identity {
            pipeline: start.pipeline.to_owned(),
            version: start.version.to_owned(),
            interval: Duration::from_micros(start.interval_us),
            zero_time: BatchTime::from_micros(start.zero_us),
            states: start.states.into_iter().map(str::to_owned).collect(),
        });
    }

    fn plan(&mut self, plan: Plan<'_>) {
        let time = BatchTime::from_micros(plan.time_us);
        if self.committed < Some(time) {
            self.planned.insert(time, owned(plan.ends));
        }
    }

    fn commit(&mut self, at: &At, commit: Commit<'_>) -> Result<()> {
        let time = BatchTime::from_micros(commit.time_us);
        if self.committed >= Some(time) {
            return Err(unusable(at, format!("batch {time} is committed twice")));
        }
        self.committed = Some(time);
        self.planned.retain(|&planned, _| planned > time);
        for part in commit.states {
            self.state(at, part)?;
        }
        self.accumulators = owned(commit.accumulators);
        self.positions = owned(commit.positions);
        Ok(())
    }

    fn state(&mut self, at: &At, part: StatePart<'_>) -> Result<()> {
        let state = self.states.entry(part.name.to_owned()).or_default();
        if part.is_new {
            *state = Recorded::default();
        }
        if !part.shape.0.is_empty() {
            let shape = StateShape::decode(part.shape.0);
            state.shape = shape.map_err(|error| {
                unusable(
                    at,
                    format!("the shape of `{}` is malformed: {error}", part.name),
                )
            })?;
        }
        for Bytes(part) in [part.delta, part.image] {
            if !part.is_empty() {
                state.parts.push(part.to_vec());
            }
        }
        Ok(())
    }
}
