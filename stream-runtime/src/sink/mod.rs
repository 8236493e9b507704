//! Sinks: where the records of an output go.
//!
//! A pipeline names its sinks as parameters, `out: Sink<T>`, and gives records to them with
//! [`to`](crate::Stream::to); the caller chooses one of the sinks here, or one of its own.

mod collect;

use std::io;

use crate::record::Family;
use crate::time::BatchTime;

pub use collect::{Collect, Collected, collect};

/// Something that takes the records of each batch.
///
/// A batch that is run again after a failure is written again with the same time and the same
/// records, so a sink is exactly-once if it overwrites by time.
pub trait BatchWriter<F: Family>: Send + 'static {
    /// Writes the partitions of one batch; empty batches too.
    ///
    /// # Errors
    ///
    /// When it cannot be written: the batch has failed then.
    fn write(&mut self, time: BatchTime, partitions: &[Vec<F::Of<'_>>]) -> io::Result<()>;
}
