//! Who appends and syncs: the calling thread, or one of its own.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::journal::{Entry, Journal};
use crate::error::{Error, Result};
use crate::site::panic_message;
use crate::time::BatchTime;

/// Who writes the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The calling thread, at once: what happens depends on the calls alone.
    Inline,
    /// A thread of its own, off the batch's path.
    Background,
}

/// How many entries may wait for the disk. When it is slower than the batches, they wait for it.
const WAITING_MAX: usize = 16;

/// So long a commit waits for the plan of the next batch. That follows it at once when batches queue,
/// and the outputs of that batch wait for it, while nobody waits for a commit: so both are made durable
/// by one write instead of two, one after the other.
const TOGETHER: Duration = Duration::from_micros(100);

#[derive(Debug)]
pub(super) enum Writer {
    Inline(Journal, Durable),
    Background(Background),
}

/// What is durable so far.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Durable {
    pub(super) planned: Option<BatchTime>,
    /// The newest commit.
    pub(crate) committed: Option<BatchTime>,
    /// How many bytes of records this process has written.
    pub(crate) bytes: u64,
}

impl Durable {
    /// What is durable when this entry is, too.
    fn with(mut self, entry: &Entry) -> Self {
        match entry {
            Entry::Start(_) | Entry::State(_) => {}
            Entry::Plan(time, _) => self.planned = Some(*time),
            Entry::Commit { draft, .. } => self.committed = Some(draft.time),
        }
        self
    }
}

impl Writer {
    /// Goes on with a journal of which so much is durable.
    pub(super) fn new(journal: Journal, durable: Durable, mode: Mode) -> Result<Self> {
        match mode {
            Mode::Inline => Ok(Self::Inline(journal, durable)),
            Mode::Background => Background::start(journal, durable).map(Self::Background),
        }
    }

    /// Hands over an entry; `Inline` it is durable at once.
    pub(super) fn append(&mut self, entry: Entry) -> Result<()> {
        match self {
            Self::Inline(journal, durable) => {
                let mut after = durable.with(&entry);
                journal.append(entry)?;
                journal.sync()?;
                after.bytes = journal.bytes();
                *durable = after;
                Ok(())
            }
            Self::Background(background) => background.append(entry),
        }
    }

    /// Waits until `enough` is durable.
    pub(super) fn wait(&self, enough: impl Fn(&Durable) -> bool) -> Result<Durable> {
        match self {
            Self::Inline(_, durable) => Ok(*durable),
            Self::Background(background) => background.wait(enough),
        }
    }

    /// Waits until all is durable.
    pub(super) fn end(self) -> Result<()> {
        match self {
            Self::Inline(mut journal, _) => journal.sync(),
            Self::Background(mut background) => background.end(),
        }
    }
}

/// A thread that writes the journal. What comes in while it waits for the disk is synced together.
#[derive(Debug)]
pub(super) struct Background {
    entries: Option<SyncSender<Entry>>,
    progress: Arc<(Mutex<Progress>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Progress {
    durable: Durable,
    /// Why the thread ended.
    error: Option<Error>,
    ended: bool,
}

impl Background {
    fn start(journal: Journal, durable: Durable) -> Result<Self> {
        let (entries, receiver) = sync_channel(WAITING_MAX);
        let progress = Progress {
            durable,
            ..Progress::default()
        };
        let progress = Arc::new((Mutex::new(progress), Condvar::new()));
        let ends = Ends(Arc::clone(&progress));
        let builder = thread::Builder::new().name("checkpoint".to_owned());
        let thread = builder.spawn(move || {
            let written = AssertUnwindSafe(|| write(journal, durable, &receiver, &ends));
            ends.report(
                panic::catch_unwind(written).unwrap_or_else(|payload| Err(panicked(&*payload))),
            );
        });
        let thread =
            thread.map_err(|error| Error::io("starting the checkpoint's thread", error))?;
        Ok(Self {
            entries: Some(entries),
            progress,
            thread: Some(thread),
        })
    }

    fn append(&mut self, entry: Entry) -> Result<()> {
        let sent = self.entries.as_ref().map(|entries| entries.send(entry));
        match sent {
            Some(Ok(())) if !self.progress().ended => Ok(()),
            _ => Err(self.error()),
        }
    }

    fn wait(&self, enough: impl Fn(&Durable) -> bool) -> Result<Durable> {
        let goes_on = |progress: &mut Progress| !progress.ended && !enough(&progress.durable);
        let progress = self.progress.1.wait_while(self.progress(), goes_on);
        let progress = progress.unwrap_or_else(PoisonError::into_inner);
        if enough(&progress.durable) && progress.error.is_none() {
            return Ok(progress.durable);
        }
        drop(progress);
        Err(self.error())
    }

    fn end(&mut self) -> Result<()> {
        drop(self.entries.take());
        let joined = self.thread.take().map(JoinHandle::join);
        match (self.progress().error.take(), joined) {
            (Some(error), _) => Err(error),
            (None, Some(Err(_))) => Err(stopped()),
            (None, _) => Ok(()),
        }
    }

    /// Why nothing is written any more. The first who asks is told the cause.
    fn error(&self) -> Error {
        self.progress().error.take().unwrap_or_else(stopped)
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        lock(&self.progress)
    }
}

fn lock(progress: &(Mutex<Progress>, Condvar)) -> MutexGuard<'_, Progress> {
    progress.0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The writer runs code of the user's: the `Serialize` of what is kept.
fn panicked(payload: &(dyn Any + Send)) -> Error {
    let remedy = "see to it that what is kept can be written: its `Serialize` must not fail";
    Error::checkpoint("checkpoint", panic_message(payload), remedy)
}

fn stopped() -> Error {
    let problem = "nothing more is written, since an earlier write failed";
    let remedy = "see to the cause of the first error, and start the job again";
    Error::checkpoint("checkpoint", problem, remedy)
}

impl Drop for Background {
    fn drop(&mut self) {
        // An error was reported, or the job has failed for another reason.
        let _ = self.end();
    }
}

/// Tells those who wait that the thread is at its end, even if it panics.
struct Ends(Arc<(Mutex<Progress>, Condvar)>);

impl Ends {
    fn update(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut lock(&self.0));
        self.0.1.notify_all();
    }

    fn report(&self, result: Result<()>) {
        self.update(|progress| progress.error = result.err());
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        self.update(|progress| progress.ended = true);
    }
}

fn write(
    mut journal: Journal,
    mut durable: Durable,
    entries: &Receiver<Entry>,
    ends: &Ends,
) -> Result<()> {
    while let Ok(first) = entries.recv() {
        let mut next = Some(first);
        while let Some(entry) = next {
            durable = durable.with(&entry);
            let is_commit = matches!(entry, Entry::Commit { .. });
            journal.append(entry)?;
            next = match entries.try_recv() {
                Err(TryRecvError::Empty) if is_commit => entries.recv_timeout(TOGETHER).ok(),
                next => next.ok(),
            };
        }
        journal.sync()?;
        durable.bytes = journal.bytes();
        ends.update(|progress| progress.durable = durable);
    }
    Ok(())
}
