//! Inputs: where the records of a pipeline come from.
//!
//! A [`Source`] gives the blocks of one batch when it is asked for them: queues, files and
//! generators are sources.

mod buffer;
mod channel;
mod custom;
mod cut;
mod failure;
mod file;
mod generator;
#[cfg(test)]
mod harness;
mod inbox;
mod queue;
mod socket;
mod status;
mod stop;
mod store;
mod supervisor;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use crate::block::{Block, BlockSize};
use crate::clock::Clock;
use crate::error::Result;
use crate::record::Family;
use crate::time::BatchTime;

pub use channel::{Channel, Sender, channel};
/// The random numbers that a [`generator`] works with.
pub use fastrand::Rng;

pub use custom::{Received, Receiver, receive};
pub use failure::{ReceiverError, Stopped};
pub use file::{
    Directory, Files, FixedRecords, binary_file, binary_records, text_file, text_files,
};
pub use generator::{Generator, Words, generator, words};
pub use queue::{Queue, queue};
pub use socket::{SocketText, socket_text};
pub use status::{ReceiverPhase, ReceiverStatus, ReportedError};
pub use stop::OnStop;
pub use store::Store;

/// Something that gives the records of each batch.
///
/// The scheduler calls `start` once, then `batch` once for each batch time in order, and `stop`
/// at the end. `committed` tells that all outputs of a batch are done, so that what it held may be
/// acknowledged.
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

    /// Whether no records will come any more. A job ends when all of its inputs are finished.
    fn is_finished(&self) -> bool {
        false
    }

    /// Whether the records are all there already, so that batches need not wait for the clock. A
    /// job whose inputs are all so runs as a batch job: as fast as it can, until it ends.
    fn is_at_rest(&self) -> bool {
        false
    }

    /// All outputs of the batch at `time` are done.
    fn committed(&mut self, time: BatchTime) {
        let _ = time;
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
}

/// A source whose blocks lend records of family `F`: what the parameters of a pipeline take.
pub trait Feed<F: Family>: Source<Block: Block<F>> {}

impl<F: Family, S: Source<Block: Block<F>>> Feed<F> for S {}
