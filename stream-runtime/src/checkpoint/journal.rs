//! The order of records, and when segments begin.

use std::collections::VecDeque;
use std::iter;

use super::draft::CommitDraft;
use crate::error::Result;
use crate::log::Log;
use crate::time::BatchTime;

/// A record with what the journal has to know of it; all but a commit are encoded.
#[derive(Debug)]
pub(super) enum Entry {
    Start(Vec<u8>),
    State(Vec<u8>),
    Plan(BatchTime, Vec<u8>),
    Commit {
        draft: CommitDraft,
        /// Whether the next commit begins a round.
        ends_round: bool,
    },
}

/// The end of a journal.
#[derive(Debug)]
pub(super) struct Journal {
    log: Log,
    start: Vec<u8>,
    /// The plans of batches that are not committed.
    planned: VecDeque<(BatchTime, Vec<u8>)>,
    /// The segment with which the round under way began.
    round: u64,
    /// How many bytes of records were appended.
    bytes: u64,
}

impl Journal {
    pub(super) fn new(log: Log) -> Self {
        Self {
            round: log.segment(),
            log,
            start: Vec::new(),
            planned: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Appends an entry. It is durable after the next [`sync`](Self::sync).
    pub(super) fn append(&mut self, entry: Entry) -> Result<()> {
        match entry {
            Entry::Start(record) => {
                self.write(&record)?;
                self.start = record;
            }
            Entry::State(record) => self.write(&record)?,
            Entry::Plan(time, record) => {
                self.write(&record)?;
                self.planned.push_back((time, record));
            }
            Entry::Commit { draft, ends_round } => {
                let time = draft.time;
                self.write(&draft.encode())?;
                self.planned.retain(|(planned, _)| *planned > time);
                if ends_round {
                    self.begin_round()?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn sync(&mut self) -> Result<()> {
        self.log.sync()
    }

    /// How many bytes of records were appended.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    fn write(&mut self, record: &[u8]) -> Result<()> {
        self.bytes += record.len() as u64;
        self.log.append(|out| out.extend_from_slice(record))
    }

    /// Begins a segment and in it a round. What was written before the round that was completed is
    /// not needed any more, but for the plans that are still open.
    fn begin_round(&mut self) -> Result<()> {
        self.log.roll(self.round)?;
        self.round = self.log.segment();
        let Self {
            log,
            start,
            planned,
            ..
        } = self;
        for record in iter::once(&*start).chain(planned.iter().map(|(_, plan)| plan)) {
            self.bytes += record.len() as u64;
            log.append(|out| out.extend_from_slice(record))?;
        }
        Ok(())
    }
}
