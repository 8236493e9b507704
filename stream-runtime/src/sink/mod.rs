//! Sinks: where the records of an output go.
//!
//! A pipeline names its sinks as parameters, `out: Sink<T>`, and gives records to them with
//! [`to`](crate::Stream::to); the caller chooses one of the sinks here, or one of its own.
//!
//! | sink | takes | a batch that is tried again |
//! |---|---|---|
//! | [`collect`] | anything; keeps it in memory, for tests | replaces what it wrote |
//! | [`channel`] | anything; hands it to another thread | is not sent twice |
//! | [`jsonl`] | what serializes; a line of JSON each | replaces its lines |
//! | [`stdout`], [`lines`] | what can be shown; a line each | is not written twice |
//! | [`from_fn`] | anything; calls a closure | calls it again |
//!
//! # A sink of your own
//!
//! A sink is whatever implements [`BatchWriter`] for the family of its records: `Ref<str>` for a
//! `Sink<&str>`, `Val<u64>` for a `Sink<u64>`, a tuple of families for a tuple.
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::io;
//! use std::sync::{Arc, Mutex};
//! use stream_runtime::prelude::*;
//! use stream_runtime::sink::BatchWriter;
//! use stream_runtime::testing::run_output;
//! use stream_runtime::{Ref, Val};
//!
//! /// The score of each player in each batch, as in a database with the key (time, player).
//! #[derive(Clone, Default)]
//! struct Scores(Arc<Mutex<BTreeMap<(BatchTime, String), u64>>>);
//!
//! impl BatchWriter<(Ref<str>, Val<u64>)> for Scores {
//!     fn write(&mut self, time: BatchTime, partitions: &[Vec<(&str, u64)>]) -> io::Result<()> {
//!         let mut scores = self.0.lock().map_err(|_| io::Error::other("scores are broken"))?;
//!         for (player, score) in partitions.iter().flatten() {
//!             scores.insert((time, (*player).to_owned()), *score);
//!         }
//!         Ok(())
//!     }
//! }
//!
//! stream!(
//!     fn play(points: Stream<(&str, u64)>, scores: Sink<(&str, u64)>) {
//!         points.reduce_by_key(|a, b| a + b).to(scores);
//!     }
//! );
//!
//! let scores = Scores::default();
//! run_output(|points| play(points, scores.clone()), [vec![("ann", 3), ("bob", 2), ("ann", 4)]]);
//! let time = BatchTime::from_millis(1000);
//! assert_eq!(scores.0.lock().unwrap()[&(time, "ann".to_owned())], 7);
//! ```

mod channel;
mod collect;
mod from_fn;
mod jsonl;
mod lines;

use std::io;

use crate::context::BatchContext;
use crate::record::{Family, Mode, Owned};
use crate::time::BatchTime;

pub use channel::{ChannelSink, channel};
pub use collect::{Collect, Collected, collect};
pub use from_fn::{FromFn, from_fn};
pub use jsonl::{Jsonl, jsonl};
pub use lines::{Lines, Stdout, lines, stdout};

/// Something that takes the records of each batch.
///
/// A batch that is run again after a failure is written again with the same time and the same
/// records, so a sink is exactly-once if it overwrites by time. See the [module](self) for a sink
/// of your own.
pub trait BatchWriter<F: Family>: Send + 'static {
    /// Writes the partitions of one batch; empty batches too.
    ///
    /// # Errors
    ///
    /// When it cannot be written: the batch has failed then. The error should name the file or the
    /// address; the operator and its line are added to it.
    fn write(&mut self, time: BatchTime, partitions: &[Vec<F::Of<'_>>]) -> io::Result<()>;

    /// As [`write`](Self::write), for the sinks of this crate that need more than the time.
    #[doc(hidden)]
    fn write_in(
        &mut self,
        context: &BatchContext<'_>,
        partitions: &[Vec<F::Of<'_>>],
    ) -> io::Result<()> {
        self.write(context.time(), partitions)
    }
}

/// A sink for records of type `T`: what a pipeline takes for a parameter `Sink<T>`.
///
/// Every [`BatchWriter`] is one for each family of records that it writes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a sink of `{T}` records",
    label = "does not take records of type `{T}`",
    note = "a sink is made by a function of `stream_runtime::sink`, or is whatever implements `BatchWriter`"
)]
pub trait Takes<T, M: Mode<T> = Owned>: BatchWriter<M::Family> {}

#[diagnostic::do_not_recommend]
impl<T, M: Mode<T>, W: BatchWriter<M::Family>> Takes<T, M> for W {}
