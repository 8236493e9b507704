//! What the driver talks to.

use std::sync::Arc;
use std::time::Duration;

use super::codec::{self, Bytes};
use super::draft::{CommitDraft, NamedBytes, named};
use super::journal::{Entry, Journal};
use super::record::{Named, Plan, Record, Start, StatePart};
use super::recovered::{self, Recovered};
use super::rounds::Rounds;
use super::writer::{Durable, Mode, Writer};
use crate::error::{Error, Result};
use crate::log::Contents;
use crate::state::{Recorded, States};
use crate::storage::{Storage, StorageLock};
use crate::time::BatchTime;

/// Which job a journal belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The name of the pipeline.
    pub(crate) pipeline: String,
    /// The version of the program.
    pub(crate) version: String,
    /// The batch interval.
    pub(crate) interval: Duration,
    /// The time from which slides are counted.
    pub(crate) zero_time: BatchTime,
    /// The names of all states that the program has.
    pub(crate) states: Vec<String>,
}

/// A journal that was read, and is held by this process, but not yet written to.
#[derive(Debug)]
pub(crate) struct Opened {
    storage: Arc<dyn Storage>,
    lock: StorageLock,
    contents: Contents,
}

/// Writes the journal of a running job.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    storage: Arc<dyn Storage>,
    writer: Writer,
    rounds: Rounds,
    /// The last commit, durable or not.
    committed: Option<BatchTime>,
    lock: StorageLock,
}

/// Takes hold of the journal in `storage` and reads it. Nothing is written before
/// [`start`](Opened::start).
///
/// # Errors
///
/// When another process has it, or a file of it cannot be read or used.
pub(crate) fn open(storage: Arc<dyn Storage>) -> Result<(Recovered, Opened)> {
    let lock = storage.lock()?;
    let (recovered, contents) = recovered::read(Arc::clone(&storage))?;
    if let Some(tail) = &recovered.tail {
        let (file, offset, bytes) = (&tail.path, tail.offset, tail.bytes);
        tracing::warn!(
            file,
            offset,
            bytes,
            "the last write was not finished, and is cut off"
        );
    }
    let opened = Opened {
        storage,
        lock,
        contents,
    };
    Ok((recovered, opened))
}

impl Opened {
    /// A journal is that of one pipeline, and no other goes on with it.
    ///
    /// # Errors
    ///
    /// When it is not that of `pipeline`.
    pub(crate) fn check_owner(&self, pipeline: &str, recovered: &Recovered) -> Result<()> {
        match &recovered.job {
            Some(owner) if owner.pipeline != pipeline => Err(Error::checkpoint(
                self.storage.path(""),
                format!(
                    "it belongs to the pipeline `{}`, and this is `{pipeline}`",
                    owner.pipeline
                ),
                "give each pipeline a directory of its own",
            )),
            _ => Ok(()),
        }
    }

    /// Begins to write. Of the states that were recovered, those that the job has must be in a commit
    /// before the journal can do without what was written before; the others are forgotten.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    pub(crate) fn start(
        self,
        job: &Identity,
        recovered: &Recovered,
        mode: Mode,
    ) -> Result<Checkpointer> {
        let journal = Journal::new(self.contents.into_log()?);
        let durable = Durable {
            planned: recovered.planned.keys().next_back().copied(),
            committed: recovered.committed,
            bytes: 0,
        };
        let mut writer = Writer::new(journal, durable, mode)?;
        writer.append(Entry::Start(codec::encode(&Record::Start(start(job)))))?;
        for (&time, ends) in &recovered.planned {
            let ends = ends.iter().map(|(name, end)| (&**name, Bytes(end)));
            writer.append(plan(time, ends.collect()))?;
        }
        let awaited = recovered.states.keys();
        Ok(Checkpointer {
            storage: self.storage,
            writer,
            rounds: Rounds::new(awaited.filter(|name| job.states.contains(name)).cloned()),
            committed: recovered.committed,
            lock: self.lock,
        })
    }
}

impl Checkpointer {
    /// The input of the batch at `time` ends, for each input by name, where `ends` say.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written, now or before.
    pub(crate) fn plan(&mut self, time: BatchTime, ends: &[(String, Vec<u8>)]) -> Result<()> {
        self.writer.append(plan(time, named(ends)))
    }

    /// Waits until the plan of the batch at `time` is durable.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    pub(crate) fn wait_planned(&self, time: BatchTime) -> Result<()> {
        self.writer
            .wait(|durable| durable.planned >= Some(time))
            .map(drop)
    }

    /// Commits the batch at `time`, and those before it: what has changed of the states since the
    /// last commit, the values of all accumulators, and where the inputs stand. That takes time by
    /// what has changed: it is copied here, and put into bytes by the writer. It is durable when
    /// [`durable`](Self::durable) says so.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written, now or before.
    pub(crate) fn commit(
        &mut self,
        time: BatchTime,
        states: &States,
        accumulators: NamedBytes,
        positions: NamedBytes,
    ) -> Result<()> {
        let mut parts = Vec::new();
        states.for_each(|name, state| parts.push((name, self.rounds.part(name, state))));
        let draft = CommitDraft {
            time,
            parts,
            accumulators,
            positions,
        };
        let ends_round = self.rounds.commit(draft.len());
        self.committed = Some(time);
        self.writer.append(Entry::Commit { draft, ends_round })
    }

    /// What is durable by now.
    ///
    /// # Errors
    ///
    /// When the journal could not be written.
    pub(crate) fn durable(&self) -> Result<Durable> {
        self.writer.wait(|_| true)
    }

    /// Waits until all commits are durable.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    pub(crate) fn wait_committed(&self) -> Result<()> {
        let wanted = self.committed;
        self.writer
            .wait(|durable| durable.committed >= wanted)
            .map(drop)
    }

    /// What was written of a state so far does not count any more: it is what `recorded` says, in
    /// at most one part, so that it is written whole or not at all.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    pub(crate) fn replace(&mut self, state: &str, recorded: &Recorded) -> Result<()> {
        debug_assert!(recorded.parts.len() <= 1);
        let part = recorded.parts.first().map_or(&[][..], Vec::as_slice);
        let record = codec::encode(&Record::State(StatePart {
            name: state,
            shape: Bytes(&recorded.shape.encode()),
            is_new: true,
            delta: Bytes(part),
            image: Bytes(&[]),
        }));
        self.writer.append(Entry::State(record))
    }

    /// What the journal says, to make the states again after a batch that failed.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written or read.
    pub(crate) fn roll_back(&mut self) -> Result<Recovered> {
        self.wait_committed()?;
        let (recovered, _) = recovered::read(Arc::clone(&self.storage))?;
        self.rounds.restart(recovered.states.keys().cloned());
        Ok(recovered)
    }

    /// Waits until all is durable, and lets go of the journal; the lock is for those who write beside
    /// it.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    pub(crate) fn close(self) -> Result<StorageLock> {
        self.writer.end()?;
        Ok(self.lock)
    }
}

#[cfg(test)]
impl Checkpointer {
    /// Ends a round with every commit that can.
    pub(super) fn make_rounds_short(&mut self) {
        self.rounds.make_short();
    }
}

fn start(job: &Identity) -> Start<'_> {
    Start {
        pipeline: &job.pipeline,
        version: &job.version,
        interval_us: u64::try_from(job.interval.as_micros()).unwrap_or(u64::MAX),
        zero_us: job.zero_time.as_micros(),
        states: job.states.iter().map(String::as_str).collect(),
    }
}

fn plan(time: BatchTime, ends: Named<'_>) -> Entry {
    let time_us = time.as_micros();
    Entry::Plan(time, codec::encode(&Record::Plan(Plan { time_us, ends })))
}
