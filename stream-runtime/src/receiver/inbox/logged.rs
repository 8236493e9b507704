//! An inbox whose blocks are on disk before they count as received.

use std::sync::Arc;

use crate::block::BlockSize;
use crate::error::{Error, Result};
use crate::receiver::block_log::BlockLog;
use crate::receiver::codec::Codec;
use crate::receiver::failure::Stopped;
use crate::receiver::recovery::lacks_blocks;
use crate::storage::Storage;
use crate::time::BatchTime;

use super::rules::Ticks;
use super::state::Mark;
use super::unwritten::Unwritten;
use super::{Guard, Inbox, Intake};

/// Whoever stores more than this writes it to the log, so that a batch finds little to wait for.
const UNWRITTEN: usize = 4 << 20;

/// No job has as many blocks: the number is damaged.
const MOST_BLOCKS: u64 = 1 << 62;

/// Why the job has to end.
#[derive(Debug)]
pub(in crate::receiver) enum Fatal {
    /// The receiver failed for good, or has given what cannot be logged.
    Receiver(String),
    /// The log cannot be written.
    Log(Error),
}

/// The log of an inbox.
pub(super) struct Logging {
    /// Not there while somebody is writing, who must not keep the others from storing; and not when
    /// the job is over.
    log: Option<BlockLog>,
    is_writing: bool,
    /// The number of the first block that is not durable.
    durable: u64,
}

impl Fatal {
    /// The cause was told before.
    pub(super) fn unknown() -> Self {
        Self::Receiver("its log could not be written".to_owned())
    }

    pub(in crate::receiver) fn into_error(self, input: &str) -> Error {
        match self {
            Self::Log(error) => error,
            Self::Receiver(cause) => Error::Input {
                input: input.to_owned(),
                cause,
            },
        }
    }
}

impl<B: BlockSize, P> Inbox<B, P> {
    /// Begins, as [`begin`](Self::begin) does, with a log. What it has from `mark` on comes before
    /// all else: in the batches that were planned with it, and the rest in the first batch. The last
    /// position in the source that the log knows.
    ///
    /// # Errors
    ///
    /// When the log cannot be read or written.
    pub(in crate::receiver) fn begin_logged(
        &self,
        ticks: Ticks,
        codec: Codec<B, P>,
        storage: &Arc<dyn Storage>,
        input: &str,
        mark: Mark,
    ) -> Result<Option<P>> {
        if mark.next > MOST_BLOCKS {
            return Err(lacks_blocks(input, &mark));
        }
        let mut logged = Vec::new();
        let log = BlockLog::open(Arc::clone(storage), input, mark.next, |bytes| {
            let entry = codec.read(bytes)?;
            let number = entry.number;
            if number >= mark.next {
                logged.push(entry);
            }
            Ok(number)
        })?;
        let last = logged
            .iter()
            .rev()
            .find_map(|entry| entry.position.as_ref());
        let position = match (last, &mark.position) {
            (Some(last), _) => Some(codec.copy(last)),
            (None, Some(bytes)) => Some(codec.read_position(bytes)),
            (None, None) => None,
        };
        let position = position.transpose().map_err(|cause| Error::Input {
            input: input.to_owned(),
            cause: format!("its position in the checkpoint cannot be read: {cause}"),
        })?;
        let mut state = self.lock();
        state.content.log(codec, mark, logged);
        state.log = Some(Logging {
            durable: log.durable(),
            log: Some(log),
            is_writing: false,
        });
        drop(state);
        self.begin(ticks);
        Ok(position)
    }

    /// Where the last batch ends.
    pub(in crate::receiver) fn mark(&self) -> Mark {
        self.lock().content.mark().clone()
    }

    /// What the batch at `time` had when it was planned; `None` if that is not there.
    pub(in crate::receiver) fn take_again(&self, time: BatchTime, end: &Mark) -> Option<Vec<B>> {
        self.lock().content.take_again(time, end)
    }

    /// Waits until all that was stored so far is durable, if there is a log. Who comes while another
    /// one waits is served by the next write, together with all the others.
    ///
    /// # Errors
    ///
    /// When the log cannot be written, or the job ended before it began.
    pub(in crate::receiver) fn flush(&self) -> Result<(), Stopped> {
        let mut state = self.lock();
        while !state.content.has_begun() {
            if state.intake == Intake::Closed {
                return Err(Stopped);
            }
            state = self.wait(state);
        }
        state.content.seal();
        let end = state.content.next();
        self.write(state, end)
    }

    /// Lets go of the state after something was added to it.
    pub(super) fn added<'a>(&'a self, mut state: Guard<'a, B, P>) {
        let unwritten = state.content.unwritten();
        if unwritten.is_some_and(|unwritten| unwritten.bytes() >= UNWRITTEN) {
            let end = state.content.next();
            // The driver finds out when it fails.
            let _ = self.write(state, end);
        }
    }

    /// Waits until the blocks before number `end` are durable. Who finds that nobody is writing does
    /// it for all.
    pub(super) fn write<'a>(&'a self, mut state: Guard<'a, B, P>, end: u64) -> Result<(), Stopped> {
        loop {
            let has_failed = state.fatal.is_some();
            let Some(logging) = state.log.as_mut().filter(|log| log.durable < end) else {
                return Ok(());
            };
            state = match logging.log.take_if(|_| !has_failed) {
                Some(log) => {
                    logging.is_writing = true;
                    self.write_all(state, log)
                }
                None if logging.is_writing => self.wait(state),
                None => return Err(Stopped),
            };
        }
    }

    /// Writes all that is waiting, while others store more.
    fn write_all<'a>(&'a self, mut state: Guard<'a, B, P>, mut log: BlockLog) -> Guard<'a, B, P> {
        let blocks = state.content.unwritten().map(Unwritten::take);
        drop(state);
        let written = match blocks.transpose() {
            Ok(blocks) => log.write(&blocks.unwrap_or_default()).map_err(Fatal::Log),
            Err(error) => Err(Fatal::Receiver(format!(
                "a record cannot be written to the log: {error}"
            ))),
        };
        self.change(|state| {
            if let Err(fatal) = written {
                state.fatal.get_or_insert(fatal);
            }
            if let Some(logging) = &mut state.log {
                logging.durable = log.durable();
                logging.log = Some(log);
                logging.is_writing = false;
            }
        });
        self.lock()
    }

    /// Closes the log, when nobody is writing any more: from then on it may be another process's.
    pub(super) fn close_log(&self) {
        let mut state = self.lock();
        while state.log.as_ref().is_some_and(|log| log.is_writing) {
            state = self.wait(state);
        }
        if let Some(logging) = &mut state.log {
            logging.log = None;
        }
    }
}

impl Logging {
    /// Lets go of what was logged before number `committed`; the next time if somebody is writing.
    pub(super) fn cut(&mut self, committed: u64) -> Result<(), Fatal> {
        match &mut self.log {
            Some(log) => log.cut(committed).map_err(Fatal::Log),
            None => Ok(()),
        }
    }
}
