//! What a receiver gives its records to.

use std::fmt;
use std::sync::Arc;

use crate::block::{BlockSize, Rows, Text};
use crate::clock::Clock;
use crate::listener::{Listener, Listeners, ReceiverInfo};
use crate::receiver::failure::Stopped;
use crate::receiver::inbox::Inbox;
use crate::receiver::stop::{OnStop, Stop};
use crate::time::BatchTime;

/// How many records are taken from an iterator before they are stored.
const CHUNK: usize = 1_024;

/// Takes what a [`Receiver`](crate::receiver::Receiver) receives.
///
/// Storing stamps a record with the job's time, which decides its batch. When as much is in flight
/// as the receiver may have, storing waits until a batch is done; and when records come faster than
/// they may, until the next one may come. That is the back-pressure, and a receiver passes it on by
/// not reading from its source meanwhile. Once the receiver is stopped,
/// what it has in hand is still taken, without waiting; when it goes on after that, storing fails
/// with [`Stopped`], which `?` turns into the end of `run`.
///
/// Clones store into the same place, from any thread.
pub struct Store<B, P = ()> {
    pub(super) inbox: Arc<Inbox<B, P>>,
    pub(super) stop: Stop,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) input: Arc<str>,
    pub(super) listeners: Listeners,
}

impl<B: BlockSize, P> Store<B, P> {
    /// Stores a block of records. It comes in as a whole, so a receiver whose rate may be limited
    /// should make small ones.
    ///
    /// # Errors
    ///
    /// [`Stopped`] when the receiver has been stopped.
    pub fn push_block(&self, block: B) -> Result<(), Stopped> {
        self.inbox.store(block, None)
    }

    /// Stores a block of records that ends at `position` in the source. When all outputs of its
    /// batch are done, the position comes out of [`committed`](Self::committed).
    ///
    /// # Errors
    ///
    /// [`Stopped`] when the receiver has been stopped.
    pub fn push_block_at(&self, block: B, position: P) -> Result<(), Stopped> {
        self.inbox.store(block, Some(position))
    }

    /// Waits until all that was stored so far is in the job's log, on disk. From then on it comes into
    /// a batch exactly once, even if the process is killed; so it can be acknowledged to the source.
    /// Without a log it does not wait.
    ///
    /// It costs a write to disk, which is shared by all who wait at the same time: do not call it
    /// after each record, but when the source has no more to give for now.
    ///
    /// # Errors
    ///
    /// [`Stopped`] when the log cannot be written; the job fails with the cause.
    pub fn flush(&self) -> Result<(), Stopped> {
        self.inbox.flush()
    }

    /// The positions whose batches were done since the last call, in the order in which they were
    /// stored. Does not wait. A receiver that stores positions must ask for them now and then.
    pub fn committed(&self) -> Vec<P> {
        self.inbox.done()
    }

    /// Whether the receiver has been stopped: `run` should return.
    pub fn is_stopped(&self) -> bool {
        self.stop.signal.is_raised()
    }

    /// Calls `hook` when the receiver is stopped, on another thread; at once if it was stopped
    /// already. It is the way out of a read that waits: close the connection. The hook is forgotten
    /// when the result is dropped.
    pub fn on_stop(&self, hook: impl FnOnce() + Send + 'static) -> OnStop {
        self.stop.on_raise(Box::new(hook))
    }

    /// Writes an error down, in the log and in the input's status, and goes on.
    pub fn report_error(&self, error: impl fmt::Display) {
        let message = error.to_string();
        tracing::warn!(input = %self.input, error = %message, "the receiver reports an error");
        self.report(message);
    }

    /// Writes an error down in the input's status, and tells the listeners.
    pub(super) fn report(&self, message: String) {
        self.inbox.report(message);
        self.tell(|listener, receiver| listener.on_receiver_error(receiver));
    }

    /// Tells the listeners something of the receiver.
    pub(super) fn tell(&self, mut tell: impl FnMut(&mut dyn Listener, &ReceiverInfo)) {
        let receiver = ReceiverInfo {
            input: Arc::clone(&self.input),
            status: self.inbox.status(),
        };
        self.listeners.tell(|listener| tell(listener, &receiver));
    }

    /// The time on the job's clock.
    pub fn now(&self) -> BatchTime {
        self.clock.now()
    }

    /// Waits until `time` on the job's clock, or until the receiver is stopped.
    pub fn wait_until(&self, time: BatchTime) {
        self.clock.wait_until(time, &self.stop.signal);
    }
}

impl<T: Send + Sync + 'static, P> Store<Rows<T>, P> {
    /// Stores one record. Records are gathered into blocks, which are cut by time, by size, and
    /// where a batch ends. Costs some 50 ns: a lock and a look at the clock.
    ///
    /// # Errors
    ///
    /// [`Stopped`] when the receiver has been stopped; the record is lost then.
    pub fn push(&self, record: T) -> Result<(), Stopped> {
        self.inbox.push(record, true).map_err(|_| Stopped)
    }

    /// Stores records that are at hand, in order, into the same blocks as [`push`](Self::push). The
    /// iterator should not wait for records: up to 1,024 are taken from it before they are stored.
    ///
    /// # Errors
    ///
    /// [`Stopped`] when the receiver has been stopped; some of the records are lost then.
    pub fn push_many(&self, records: impl IntoIterator<Item = T>) -> Result<(), Stopped> {
        let mut records = records.into_iter();
        loop {
            let chunk: Vec<T> = records.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return Ok(());
            }
            self.inbox.push_many(chunk)?;
        }
    }
}

impl<P> Store<Text, P> {
    /// Stores one line of text, given without its line end, into blocks like those of
    /// [`Store::push`]. A line feed inside it makes two records of it.
    ///
    /// # Errors
    ///
    /// [`Stopped`] when the receiver has been stopped; the line is lost then.
    pub fn push_line(&self, line: &str) -> Result<(), Stopped> {
        self.inbox.push_line(line)
    }

    /// Stores whole lines: a small text is put behind the one before it.
    ///
    /// # Errors
    ///
    /// [`Stopped`] when the receiver has been stopped.
    pub fn push_text(&self, text: Text) -> Result<(), Stopped> {
        self.inbox.store_text(text, None)
    }

    /// Stores whole lines, up to `position` in the source, as [`push_text`](Self::push_text) does.
    ///
    /// # Errors
    ///
    /// [`Stopped`] when the receiver has been stopped.
    pub fn push_text_at(&self, text: Text, position: P) -> Result<(), Stopped> {
        self.inbox.store_text(text, Some(position))
    }
}

impl<B, P> Clone for Store<B, P> {
    fn clone(&self) -> Self {
        Self {
            inbox: Arc::clone(&self.inbox),
            stop: self.stop.clone(),
            clock: Arc::clone(&self.clock),
            input: Arc::clone(&self.input),
            listeners: self.listeners.clone(),
        }
    }
}

impl<B, P> fmt::Debug for Store<B, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("input", &self.input)
            .finish_non_exhaustive()
    }
}
