//! `flaky`: a source that does what sources do, by a seed.

mod asserts;
mod connection;
mod lies;
mod receiver;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::receiver::{Received, receive};

pub use connection::{Connection, Delivery};
use lies::Lies;
pub use receiver::FlakyReceiver;

/// A server that has `records`, numbered from zero, and gives them to who asks for them, as a message
/// queue does: from any number on that was not acknowledged, again and again until it is.
///
/// By default it is honest: each connection gives all records in their order. [`disconnects`],
/// [`duplicates`], [`reorders`] and [`idles`] say how often it is not; what it does follows from the
/// [`seed`] and from what it is asked, so a seed that finds a mistake finds it again. Clones are the
/// same server.
///
/// [`receiver`](Flaky::receiver) is an input that reads it. It trusts the server: what comes twice is
/// stored twice, so that a pipeline under test sees it. A receiver of one's own, which is what most
/// tests are about, uses [`connect`](Flaky::connect) and [`acknowledge`](Flaky::acknowledge) in place
/// of a network.
///
/// [`disconnects`]: Flaky::disconnects
/// [`duplicates`]: Flaky::duplicates
/// [`reorders`]: Flaky::reorders
/// [`idles`]: Flaky::idles
/// [`seed`]: Flaky::seed
///
/// # Examples
///
/// A receiver that drops what it has seen: positions are numbers here, so what is below the next one
/// came before.
///
/// ```
/// use stream_runtime::Rows;
/// use stream_runtime::prelude::*;
/// use stream_runtime::receiver::{Receiver, ReceiverError, Store};
/// use stream_runtime::testing::{Delivery, Flaky, collect, flaky};
/// use std::time::Duration;
///
/// struct Careful {
///     server: Flaky<u64>,
///     next: u64,
/// }
///
/// impl Receiver for Careful {
///     type Block = Rows<u64>;
///     type Position = u64;
///
///     fn run(&mut self, store: &Store<Rows<u64>, u64>) -> Result<(), ReceiverError> {
///         let mut connection = self.server.connect(self.next);
///         while let Some(packet) = connection.read()? {
///             for Delivery { number, record } in packet {
///                 if number < self.next {
///                     continue;
///                 }
///                 self.next = number + 1;
///                 store.push_block_at(Rows(vec![record]), self.next)?;
///             }
///             for position in store.committed() {
///                 self.committed(position)?;
///             }
///         }
///         Ok(())
///     }
///
///     /// What came before the position is in the job's log.
///     fn resume(&mut self, position: u64) -> Result<(), ReceiverError> {
///         self.next = position;
///         Ok(())
///     }
///
///     fn committed(&mut self, position: u64) -> Result<(), ReceiverError> {
///         self.server.acknowledge(position);
///         Ok(())
///     }
/// }
///
/// stream!(
///     #[batch(1ms)]
///     fn through(numbers: Stream<u64>, out: Sink<u64>) {
///         numbers.to(out);
///     }
/// );
///
/// for seed in 0..10 {
///     let (out, collected) = collect();
///     let came_out = collected.clone();
///     let server = flaky(0..100)
///         .seed(seed)
///         .disconnects(0.1)
///         .duplicates(0.3)
///         .committed_when(move |number| came_out.rows().concat().contains(number));
///
///     let careful = receive(Careful { server: server.clone(), next: 0 });
///     let careful = careful.restart_delay(Duration::ZERO, Duration::ZERO);
///     through(careful, out).run()?;
///
///     server.assert_exactly_once(collected.rows().concat());
///     server.assert_nothing_acknowledged_early();
///     assert_eq!(server.acknowledged(), 100);
/// }
/// # Ok::<(), stream_runtime::Error>(())
/// ```
pub fn flaky<T>(records: impl IntoIterator<Item = T>) -> Flaky<T> {
    Flaky {
        records: records.into_iter().collect(),
        state: Arc::default(),
    }
}

/// The server made by [`flaky`].
pub struct Flaky<T> {
    records: Arc<[T]>,
    state: Arc<Mutex<State<T>>>,
}

struct State<T> {
    lies: Lies,
    /// The number after the highest that was sent.
    sent: u64,
    /// How many were acknowledged, from the first one on.
    acknowledged: u64,
    committed: Option<Arc<Committed<T>>>,
    /// What a receiver did that it must not do.
    mistakes: Vec<String>,
}

type Committed<T> = dyn Fn(&T) -> bool + Send + Sync;

impl<T> Flaky<T> {
    /// What the server does follows from this number; 0 by default.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.with(|state| state.lies.seed(seed))
    }

    /// With which probability a read finds the connection cut: an error, and so a restart. Below 1.
    #[must_use]
    pub fn disconnects(self, probability: f64) -> Self {
        self.with(|state| state.lies.disconnects = probability.min(0.9))
    }

    /// With which probability a few records are followed by one that was sent before.
    #[must_use]
    pub fn duplicates(self, probability: f64) -> Self {
        self.with(|state| state.lies.duplicates = probability)
    }

    /// With which probability a few neighbouring records come in another order.
    #[must_use]
    pub fn reorders(self, probability: f64) -> Self {
        self.with(|state| state.lies.reorders = probability)
    }

    /// With which probability a read finds nothing although there is more: an empty packet. Below 1.
    #[must_use]
    pub fn idles(self, probability: f64) -> Self {
        self.with(|state| state.lies.idles = probability.min(0.9))
    }

    /// How to find out whether a record is committed: it is asked at the moment at which a record is
    /// acknowledged, for [`assert_nothing_acknowledged_early`]. What a batch puts out is there before
    /// the batch is committed, so to look into a sink is a good way.
    ///
    /// [`assert_nothing_acknowledged_early`]: Self::assert_nothing_acknowledged_early
    #[must_use]
    pub fn committed_when(self, committed: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        self.with(|state| state.committed = Some(Arc::new(committed)))
    }

    /// An input that reads this server from the first record that is not acknowledged, and is finished
    /// after the last one. Cuts are mended at once. Blocks carry the position up to which all was
    /// stored, which is acknowledged when it is committed.
    ///
    /// For a job with a checkpoint it is to be [`logged`](Received::logged), and a job that comes back
    /// goes on where its log ends.
    pub fn receiver(&self) -> Received<FlakyReceiver<T>>
    where
        T: Clone + Send + Sync + 'static,
    {
        let again = Duration::ZERO;
        receive(FlakyReceiver::new(self.clone())).restart_delay(again, again)
    }

    /// Connects, to read from this number on. What was acknowledged is gone: who asks for it makes a
    /// mistake, and gets what comes after it.
    pub fn connect(&self, from: u64) -> Connection<T> {
        let mut state = self.state();
        let acknowledged = state.acknowledged;
        if from < acknowledged {
            let last = acknowledged - 1;
            let mistake =
                format!("record {from} was asked for, and all up to {last} are acknowledged");
            state.mistakes.push(mistake);
        }
        Connection::new(self.clone(), from.max(acknowledged))
    }

    /// Says that all records below this number are safe, so that the server forgets them.
    pub fn acknowledge(&self, below: u64) {
        let (newly, committed) = {
            let mut state = self.state();
            if below > state.sent {
                let last = below - 1;
                let mistake = format!("record {last} was acknowledged, and was not sent");
                state.mistakes.push(mistake);
            }
            let before = state.acknowledged;
            state.acknowledged = below.min(state.sent).max(before);
            (before..state.acknowledged, state.committed.clone())
        };
        let Some(committed) = committed else { return };
        for number in newly {
            if !committed(&self.records[number as usize]) {
                let mistake = format!("record {number} was acknowledged before it was committed");
                self.state().mistakes.push(mistake);
            }
        }
    }

    /// How many records were acknowledged: those below this number.
    pub fn acknowledged(&self) -> u64 {
        self.state().acknowledged
    }

    fn with(self, change: impl FnOnce(&mut State<T>)) -> Self {
        change(&mut self.state());
        self
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for State<T> {
    fn default() -> Self {
        Self {
            lies: Lies::default(),
            sent: 0,
            acknowledged: 0,
            committed: None,
            mistakes: Vec::new(),
        }
    }
}

impl<T> Clone for Flaky<T> {
    fn clone(&self) -> Self {
        Self {
            records: Arc::clone(&self.records),
            state: Arc::clone(&self.state),
        }
    }
}

impl<T> fmt::Debug for Flaky<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Flaky")
            .field("records", &self.records.len())
            .field("acknowledged", &state.acknowledged)
            .field("mistakes", &state.mistakes)
            .finish_non_exhaustive()
    }
}
