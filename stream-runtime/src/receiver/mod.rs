//! Inputs: where the records of a pipeline come from.
//!
//! | input | records | ends | after a crash |
//! |---|---|---|---|
//! | [`queue`] | rows that are given in advance, one row a batch | with the last row | gives the rows again, which must be the same |
//! | [`channel`] | what another part of the program sends | when all senders are gone | what was in its [log](Channel::logged) |
//! | [`socket_text`] | lines from a TCP server | never, or [when it closes](Received::until_closed) | what was in its log; and what the server [is asked for](Received::acknowledged) |
//! | [`text_file`], [`binary_file`] | files that are there | after the last | reads the files again |
//! | [`text_files`], [`binary_records`] | files that are added to a directory | never | reads the files again |
//! | [`generator`], [`words`] | records that are made up, so many a second | never, or at a limit | makes them again |
//! | [`receive`] | whatever a [`Receiver`] of your own receives | when it says so | what was in its [log](Received::logged) |
//!
//! A job ends when all of its inputs do, and runs as a batch job, without waiting for the clock,
//! when all of them are files that are there. Whatever the input is, a record belongs to the batch
//! in whose interval it came, even when the job is late; what waits to be processed is bounded; and
//! a graceful stop processes what was received.
//!
//! # Rates
//!
//! How fast records come can be limited, by the user ([`Received::max_rate`], [`Channel::max_rate`])
//! and by the job ([`Source::set_rate`]); the smaller limit counts. Nothing is dropped:
//!
//! | input | when its rate is limited |
//! |---|---|
//! | [`channel`], [`receive`] | whoever sends or stores waits, on the job's clock |
//! | [`socket_text`] | so it does not read, and the server has to wait |
//! | files | a batch has the records that may come in one batch interval, and ends inside a file |
//! | [`generator`], [`words`] | records come later than they are due |
//! | [`queue`] | its rows are what the test wants, so nothing happens |
//!
//! Records are counted, the lines of a text too. Several receivers of one kind are several parameters
//! and a `union`, and each has a limit of its own.
//!
//! # Recovery
//!
//! When the job has a [checkpoint](crate::Job::checkpoint), a record is in exactly one batch, even if
//! the process is killed: a batch that has to be run again has the same records, in the same order.
//! Inputs that can do nothing for that are an error at the start.
//!
//! # An input of your own
//!
//! Under all of them stands one trait, [`Source`]: the driver asks it for the blocks of a batch.
//! Implement [`Receiver`] for a source that waits for its records, on a thread of its own;
//! implement [`Source`] for one that has them at hand when it is asked.

mod block_log;
mod buffer;
mod channel;
mod codec;
mod custom;
mod cut;
#[cfg(test)]
mod damaged_tests;
mod failure;
mod file;
mod generator;
#[cfg(test)]
mod harness;
mod inbox;
#[cfg(test)]
mod limited_tests;
#[cfg(test)]
mod logged_tests;
mod queue;
mod received;
mod recovery;
mod running;
mod socket;

mod stop;
mod store;
mod supervisor;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use crate::block::{Block, BlockSize};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::listener::Listeners;
use crate::record::{Mode, Owned};
use crate::storage::Storage;
use crate::time::{BatchEnds, BatchTime};

pub use channel::{Channel, Sender, channel};
/// The random numbers that a [`generator`] works with.
pub use fastrand::Rng;

pub use crate::metrics::{ReceiverPhase, ReceiverStatus, ReportedError};
pub use codec::Loggable;
pub use custom::Receiver;
pub use failure::{ReceiverError, Stopped};
pub use file::{
    Directory, Files, FixedRecords, binary_file, binary_records, text_file, text_files,
};
pub use generator::{Generator, Words, generator, words};
pub use queue::{Queue, queue};
pub use received::{Received, receive};
pub use recovery::Recovery;
pub use socket::{SocketText, socket_text};
pub use stop::OnStop;
pub use store::Store;

/// Something that gives the records of each batch.
///
/// The scheduler calls `start` once, then `batch` once for each batch time in order, and `stop`
/// at the end. `done` and `committed` tell what becomes of a batch.
///
/// When a job has a checkpoint, the scheduler asks for the `position` after each batch and keeps it.
/// A job that comes back after a crash calls `resume` in place of `start`, then `replay` for each
/// batch whose input was fixed and whose outputs are not done, and then goes on with `batch`.
///
/// # Examples
///
/// A source that counts, ten numbers a batch, and can be asked for a batch once more:
///
/// ```
/// use stream_runtime::prelude::*;
/// use stream_runtime::receiver::{Recovery, Source, SourceContext};
/// use stream_runtime::{Error, Result, Rows};
///
/// struct Counter {
///     next: u64,
/// }
///
/// impl Counter {
///     fn read(&self, position: &[u8]) -> Result<u64> {
///         let bytes = position.try_into().map_err(|_| {
///             Error::Input { input: "counter".into(), cause: "its position is damaged".into() }
///         });
///         bytes.map(u64::from_le_bytes)
///     }
///
///     fn up_to(&mut self, end: u64) -> Vec<Rows<u64>> {
///         let rows = (self.next..end).collect();
///         self.next = end;
///         vec![Rows(rows)]
///     }
/// }
///
/// impl Source for Counter {
///     type Block = Rows<u64>;
///
///     fn batch(&mut self, _: BatchTime) -> Result<Vec<Rows<u64>>> {
///         Ok(self.up_to(self.next + 10))
///     }
///
///     fn recovery(&self) -> Recovery {
///         Recovery::Replays
///     }
///
///     fn position(&self) -> Vec<u8> {
///         self.next.to_le_bytes().to_vec()
///     }
///
///     fn resume(&mut self, _: &SourceContext, position: &[u8]) -> Result<()> {
///         self.next = self.read(position)?;
///         Ok(())
///     }
///
///     fn replay(&mut self, _: BatchTime, end: &[u8]) -> Result<Vec<Rows<u64>>> {
///         let end = self.read(end)?;
///         Ok(self.up_to(end))
///     }
/// }
///
/// stream!(
///     #[batch(1ms)]
///     #[checkpoint]
///     fn sums(numbers: Stream<u64>, out: Sink<u64>) {
///         numbers.reduce(|a, b| a + b).to(out);
///     }
/// );
///
/// let disk = stream_runtime::storage::MemoryStorage::new();
/// let run = |batches| {
///     let (out, collected) = stream_runtime::sink::collect();
///     let job = sums(Counter { next: 0 }, out).checkpoint(disk.clone());
///     job.max_batches(batches).run().map(|_| collected.rows().concat())
/// };
/// assert_eq!(run(2)?, [45, 145]);
/// assert_eq!(run(1)?, [245]);
/// # Ok::<(), Error>(())
/// ```
pub trait Source: Send + 'static {
    /// What a batch is made of.
    type Block: BlockSize;

    /// Begins to receive. Must not wait for records.
    ///
    /// # Errors
    ///
    /// When the input can never work: a directory that is not there, an address that is none.
    fn start(&mut self, context: &SourceContext) -> Result<()> {
        let _ = context;
        Ok(())
    }

    /// The blocks of the batch at `time`: what came in after the batch before it.
    ///
    /// # Errors
    ///
    /// When records were lost or cannot be read; the job stops.
    fn batch(&mut self, time: BatchTime) -> Result<Vec<Self::Block>>;

    /// How this input gives the records of a batch once more after a crash. If it cannot, a job with
    /// a checkpoint does not start.
    fn recovery(&self) -> Recovery {
        Recovery::never(
            "implement `position`, `resume` and `replay` of its `Source`, or run the job without a checkpoint",
        )
    }

    /// Where the last batch ends that was given or replayed; before the first one, where this input
    /// begins. In a form of the input's own, such as postcard's; it is part of each commit, so it
    /// should be small.
    fn position(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Begins to receive, as `start` does, with what comes after `position`. It is called in place
    /// of `start`, by another process than the one that asked for the position; so the bytes must be
    /// checked like anything that is read from a file.
    ///
    /// # Errors
    ///
    /// Those of `start`, and when the position does not fit to what is there now.
    fn resume(&mut self, context: &SourceContext, position: &[u8]) -> Result<()> {
        let _ = position;
        Err(Error::Input {
            input: context.input.clone(),
            cause: "it cannot go back to a position".to_owned(),
        })
    }

    /// Gives the batch at `time` again, from the present position up to `end`: exactly the records
    /// of the first time, in their order, or an error. The present position is `end` from then on.
    ///
    /// # Errors
    ///
    /// When the records are not the same any more, or are gone.
    fn replay(&mut self, time: BatchTime, end: &[u8]) -> Result<Vec<Self::Block>> {
        let _ = end;
        Err(Error::Input {
            input: String::new(),
            cause: format!("it cannot give the batch {time} again"),
        })
    }

    /// Whether no records will come any more. A job ends when all of its inputs are finished.
    fn is_finished(&self) -> bool {
        false
    }

    /// Whether the records are all there already, so that batches need not wait for the clock. A
    /// job whose inputs are all so runs as a batch job: as fast as it can, until it ends.
    fn is_at_rest(&self) -> bool {
        false
    }

    /// All outputs of the batch at `time` are done, so this process does not need its blocks any more.
    /// If the job has a checkpoint, a crash may still bring the batch back, until it is `committed`.
    fn done(&mut self, time: BatchTime) {
        let _ = time;
    }

    /// The batch at `time` is done for good, whatever happens: what it held may be acknowledged.
    /// Without a checkpoint that is as soon as it is `done`.
    fn committed(&mut self, time: BatchTime) {
        let _ = time;
    }

    /// How many records a second this input may give from now on; any number with `None`. The job
    /// says so, before the start and between batches, when records come faster than it can process
    /// them.
    ///
    /// An input that receives makes its source wait; one that has its records at hand gives smaller
    /// batches, and the rest later. Nothing is dropped. One whose records cannot wait does nothing,
    /// which is the default.
    fn set_rate(&mut self, records_per_second: Option<f64>) {
        let _ = records_per_second;
    }

    /// How an input that receives on its own is getting on; `None` for one that does not.
    fn status(&self) -> Option<ReceiverStatus> {
        None
    }

    /// Ends receiving. What was received before is still asked for with `batch`, until a batch has
    /// no records; so from here on a source must not make new ones. May be called more than once.
    fn stop(&mut self) {}
}

/// What a source is told at its start.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SourceContext {
    /// The parameter of the pipeline that this source feeds.
    pub input: String,
    /// The job's clock.
    pub clock: Arc<dyn Clock>,
    /// The job's batch interval.
    pub batch_interval: Duration,
    /// The job's zero time: the first batch ends one interval after it.
    pub zero_time: BatchTime,
    /// Into how many partitions a batch is dealt by default.
    pub partitions: usize,
    /// Where the job keeps its checkpoint, and inputs their logs; none without a checkpoint.
    pub storage: Option<Arc<dyn Storage>>,
    /// Who is told what receivers do.
    pub(crate) listeners: Listeners,
    /// When the batch that is being received ends.
    pub(crate) batch_ends: BatchEnds,
}

/// A source that gives records of type `T`: what a pipeline takes for a parameter `Stream<T>`.
///
/// Every [`Source`] is one for each family of records that its blocks can lend.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an input of `{T}` records",
    label = "does not give records of type `{T}`",
    note = "an input is made by a function such as `queue(..)`, `socket_text(..)` or `text_file(..)`: rows of `String` are lent as `&str`, rows of `T` as `T` or `&T`, lines of text as `&str` or `&[u8]`"
)]
pub trait Feeds<T, M: Mode<T> = Owned>: Source<Block: Block<M::Family>> {}

#[diagnostic::do_not_recommend]
impl<T, M: Mode<T>, S: Source<Block: Block<M::Family>>> Feeds<T, M> for S {}
