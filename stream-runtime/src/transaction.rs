//! What makes a batch a transaction.
//!
//! The input of a batch is fixed in the journal before any of its outputs is run, and what the batch
//! has changed is committed when it is done. So a job that is started again after a crash gives the
//! batches that were not committed the very same input, and comes to the very same outputs.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::checkpoint::{self, Checkpointer, Identity, Mode, NamedBytes, Opened, Recovered};
use crate::error::{Error, Result};
use crate::job::{CatchUp, Job};
use crate::metrics::CheckpointInfo;
use crate::state::States;
use crate::storage::{MemoryStorage, StorageLock};
use crate::time::BatchTime;

/// What a job begins with.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) recovered: Recovered,
    opened: Option<Opened>,
    /// Slides are counted from here.
    pub(crate) zero_time: BatchTime,
    /// The first batch after those that were planned before.
    pub(crate) next: BatchTime,
}

/// The journal of a running job, if it has one.
#[derive(Debug)]
pub(crate) struct Transactions {
    journal: Option<Checkpointer>,
    /// Whether the journal outlives the job; if not, it is there to undo what a failed batch changed.
    is_kept: bool,
    /// Keeps other processes out when the journal is closed, until the job is dropped with its
    /// inputs, which may have logs.
    lock: Option<StorageLock>,
    every: Option<Duration>,
    /// The batches that ran and are not known to be durable, and whether a commit has them.
    open: VecDeque<BatchTime>,
    committed: Option<BatchTime>,
    has_changes: bool,
}

impl Beginning {
    /// Opens the job's checkpoint, and finds out where to go on.
    pub(crate) fn of(job: &Job, now: BatchTime) -> Result<Self> {
        let (recovered, opened) = open(job)?;
        if let Some(before) = &recovered.job {
            check_may_go_on(job, before, &recovered)?;
        }
        check_names(job)?;
        let interval = job.settings.batch_interval;
        let zero_time = match &recovered.job {
            Some(before) => before.zero_time.floor(interval),
            None => now.floor(interval),
        };
        let last = recovered.planned.keys().next_back().copied();
        let last = last.max(recovered.committed).unwrap_or(zero_time);
        let next = last.floor(interval) + interval;
        let next = match job.settings.catch_up {
            CatchUp::Every => next,
            CatchUp::Skip => next.max(now.floor(interval) + interval),
        };
        Ok(Self {
            recovered,
            opened,
            zero_time,
            next,
        })
    }

    /// Whether the job keeps what it needs to be started again by another process.
    pub(crate) fn is_recoverable(job: &Job) -> bool {
        job.settings.checkpoint.is_some()
    }

    /// Gives the accumulators and states what they had, and begins to write.
    pub(crate) fn start(&mut self, job: &Job, states: &States) -> Result<Transactions> {
        for accumulator in &job.accumulators {
            if let Some(saved) = self.recovered.accumulators.get(accumulator.name()) {
                let restored = accumulator.restore(saved);
                restored.map_err(|error| unfit_accumulator(accumulator.name(), &error))?;
            }
        }
        let changed = change_states(job, &mut self.recovered)?;
        let journal = match self.opened.take() {
            Some(opened) => {
                let identity = identity(job, self.zero_time);
                let mode = match job.settings.journal_inline {
                    true => Mode::Inline,
                    false => Mode::Background,
                };
                let mut journal = opened.start(&identity, &self.recovered, mode)?;
                for name in changed {
                    journal.replace(name, &self.recovered.states[name])?;
                }
                Some(journal)
            }
            None => None,
        };
        restore(states, &mut self.recovered);
        Ok(Transactions {
            journal,
            is_kept: Self::is_recoverable(job),
            lock: None,
            every: job.settings.checkpoint_every.filter(|_| !can_fail(job)),
            open: VecDeque::new(),
            committed: self.recovered.committed,
            has_changes: false,
        })
    }
}

/// A job without a checkpoint whose batches may be tried again keeps what its states were in memory.
fn open(job: &Job) -> Result<(Recovered, Option<Opened>)> {
    let remembers = job.plan.states().next().is_some();
    let storage = match &job.settings.checkpoint {
        Some(storage) => Arc::clone(storage),
        None if can_fail(job) && remembers => Arc::new(MemoryStorage::new()),
        None => return Ok((Recovered::default(), None)),
    };
    let (recovered, opened) = checkpoint::open(storage)?;
    opened.check_owner(job.plan.pipeline, &recovered)?;
    Ok((recovered, Some(opened)))
}

/// Whether the job goes on after a batch that failed: what that has changed must be undone then, so
/// each batch is committed.
fn can_fail(job: &Job) -> bool {
    job.settings.attempts > 1 || job.settings.dead_letters.is_some()
}

fn check_may_go_on(job: &Job, before: &Identity, recovered: &Recovered) -> Result<()> {
    if job.settings.fresh {
        let last = recovered.committed.unwrap_or(before.zero_time);
        return Err(Error::Config(format!(
            "a fresh start was asked for, and the checkpoint holds the batches up to {last}: name another directory, remove this one, or go on from it without `--fresh`"
        )));
    }
    Ok(())
}

/// Resets and migrates states as the job says; the names of those that are others now.
fn change_states<'j>(job: &'j Job, recovered: &mut Recovered) -> Result<Vec<&'j str>> {
    let mut changed = Vec::new();
    for (name, change) in &job.settings.state_changes {
        if !job.plan.states().any(|state| state == name) {
            let states: Vec<_> = job.plan.states().collect();
            return Err(Error::Config(format!(
                "there is no state `{name}` that could be reset or migrated; there are: {}",
                states.join(", ")
            )));
        }
        let Some(recorded) = recovered.states.get_mut(name) else {
            continue;
        };
        let after = change.apply(recorded).map_err(|error| {
            Error::Config(format!(
                "the state `{name}` cannot be migrated: {error}; reset it with `--reset-state {name}`, or migrate what it is"
            ))
        })?;
        if let Some(after) = after {
            *recorded = after;
            changed.push(name.as_str());
        }
    }
    Ok(changed)
}

/// What is found again by its name has a name of its own.
fn check_names(job: &Job) -> Result<()> {
    let mut names: Vec<_> = job.accumulators.iter().map(|it| it.name()).collect();
    names.sort_unstable();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
    match twice {
        Some(name) if job.settings.checkpoint.is_some() => Err(Error::Config(format!(
            "two accumulators are named `{}`: a checkpoint finds them by their names, so give them different ones",
            name[0]
        ))),
        _ => Ok(()),
    }
}

fn unfit_accumulator(name: &str, error: &postcard::Error) -> Error {
    Error::Config(format!(
        "the checkpoint has an accumulator `{name}` of another type ({error}): name the new one differently"
    ))
}

/// Gives each state what was recorded of it.
fn restore(states: &States, recovered: &mut Recovered) {
    states.restore(|name| recovered.states.remove(name).unwrap_or_default());
}

fn identity(job: &Job, zero_time: BatchTime) -> Identity {
    Identity {
        pipeline: job.plan.pipeline.to_owned(),
        version: job.package.1.to_owned(),
        interval: job.settings.batch_interval,
        zero_time,
        states: job.plan.states().map(str::to_owned).collect(),
    }
}

impl Transactions {
    /// Fixes the input of the batch at `time`: it ends where the inputs stand now.
    pub(crate) fn plan(&mut self, time: BatchTime, job: &Job) -> Result<()> {
        match &mut self.journal {
            Some(journal) => journal.plan(time, &positions(job)),
            None => Ok(()),
        }
    }

    /// Waits until the input of the batch at `time` is fixed for good.
    pub(crate) fn wait_planned(&self, time: BatchTime) -> Result<()> {
        match &self.journal {
            Some(journal) => journal.wait_planned(time),
            None => Ok(()),
        }
    }

    /// The batch at `time` is done. Commits, if it is time to; gives the batches that are now done
    /// for good.
    pub(crate) fn complete(
        &mut self,
        time: BatchTime,
        job: &Job,
        states: &States,
    ) -> Result<Vec<BatchTime>> {
        self.open.push_back(time);
        self.has_changes = true;
        if self.is_due(time) {
            self.commit(time, job, states)?;
        }
        self.done()
    }

    /// Commits what is left, and lets go of the journal; gives the batches that are now done for good.
    pub(crate) fn close(&mut self, job: &Job, states: &States) -> Result<Vec<BatchTime>> {
        if let Some(&time) = self.open.back()
            && self.has_changes
        {
            self.commit(time, job, states)?;
        }
        if let Some(journal) = &self.journal {
            journal.wait_committed()?;
        }
        let done = self.done()?;
        self.lock = self.journal.take().map(Checkpointer::close).transpose()?;
        Ok(done)
    }

    /// After a batch that failed: the states are again what they were before it.
    pub(crate) fn roll_back(&mut self, states: &States) -> Result<()> {
        if let Some(journal) = self.journal.as_mut().filter(|_| !states.is_empty()) {
            restore(states, &mut journal.roll_back()?);
        }
        Ok(())
    }

    /// How the checkpoint is at `now`; none without one.
    ///
    /// # Errors
    ///
    /// When the journal could not be written.
    pub(crate) fn info(&self, now: BatchTime) -> Result<Option<CheckpointInfo>> {
        let Some(journal) = self.journal.as_ref().filter(|_| self.is_kept) else {
            return Ok(None);
        };
        let durable = journal.durable()?;
        Ok(Some(CheckpointInfo {
            committed: durable.committed,
            age: now.since(durable.committed.unwrap_or(now)),
            written: durable.bytes,
        }))
    }

    fn is_due(&self, time: BatchTime) -> bool {
        match (self.every, self.committed) {
            (Some(every), Some(committed)) => time.floor(every) > committed.floor(every),
            _ => true,
        }
    }

    fn commit(&mut self, time: BatchTime, job: &Job, states: &States) -> Result<()> {
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        let mut accumulators = Vec::with_capacity(job.accumulators.len());
        for accumulator in &job.accumulators {
            let name = accumulator.name();
            let saved = accumulator.save().map_err(|error| {
                Error::Config(format!("the accumulator `{name}` cannot be saved: {error}"))
            })?;
            accumulators.push((name.to_owned(), saved));
        }
        journal.commit(time, states, accumulators, positions(job))?;
        (self.committed, self.has_changes) = (Some(time), false);
        Ok(())
    }

    /// Takes out the batches that are done for good.
    fn done(&mut self) -> Result<Vec<BatchTime>> {
        let durable = match &self.journal {
            Some(journal) => journal.durable()?.committed,
            None => self.open.back().copied(),
        };
        let done = self
            .open
            .iter()
            .take_while(|time| Some(**time) <= durable)
            .count();
        Ok(self.open.drain(..done).collect())
    }
}

/// Where the inputs stand.
fn positions(job: &Job) -> NamedBytes {
    let inputs = job.inputs.iter();
    inputs
        .map(|input| (input.name().to_owned(), input.position()))
        .collect()
}
