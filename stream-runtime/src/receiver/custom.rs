//! `receive`: a receiver of the user's own.

use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::block::BlockSize;
use crate::error::{Error, Result};
use crate::receiver::failure::ReceiverError;
use crate::receiver::inbox::{Bound, Inbox, Rules, Ticks};
use crate::receiver::status::ReceiverStatus;
use crate::receiver::stop::Stop;
use crate::receiver::store::Store;
use crate::receiver::supervisor::{Delays, Supervisor};
use crate::receiver::{Source, SourceContext};
use crate::time::BatchTime;

/// How long the job waits for a receiver that was told to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// Something that receives records on a thread of its own: the way to write an input that waits
/// for its records, be it a socket, a message queue or a device.
///
/// `run` connects, stores what comes, and returns when [`Store::is_stopped`] says so. All else is
/// done for it:
///
/// * **Restart.** When `run` returns an error or panics, the error is logged and counted, and
///   `run` is called again after a delay, of 2 s at first. When it returns `Ok`, the input is
///   finished.
/// * **Batches.** A record belongs to the batch in whose interval it was stored.
/// * **Back-pressure.** Storing waits while too much is in flight.
/// * **Stop.** When the job is stopped gracefully, what was stored is still processed. A receiver
///   that waits for its peer is woken by a hook: see [`Store::on_stop`].
/// * **Acknowledgement.** Blocks that are stored with their position in the source give it back
///   when their batch is done.
///
/// # Examples
///
/// Temperatures from a device, one a second:
///
/// ```
/// use stream_runtime::Rows;
/// use stream_runtime::prelude::*;
/// use stream_runtime::receiver::{Receiver, ReceiverError, Store};
/// # struct Device(f64);
/// # impl Device {
/// #     fn open(_: &str) -> std::io::Result<Self> { Ok(Self(20.0)) }
/// #     fn read(&mut self) -> std::io::Result<f64> { self.0 += 1.0; Ok(self.0) }
/// # }
///
/// struct Thermometer {
///     path: String,
/// }
///
/// impl Receiver for Thermometer {
///     type Block = Rows<f64>;
///     type Position = ();
///
///     fn run(&mut self, store: &Store<Rows<f64>>) -> Result<(), ReceiverError> {
///         let mut device = Device::open(&self.path)?;
///         while !store.is_stopped() {
///             store.push(device.read()?)?;
/// #           if device.0 > 22.0 { return Ok(()); }
///             store.wait_until(store.now() + std::time::Duration::from_millis(1));
///         }
///         Ok(())
///     }
/// }
///
/// stream!(
///     #[batch(20ms)]
///     fn watch(degrees: Stream<f64>, out: Sink<f64>) {
///         degrees.filter(|degrees| *degrees > 21.0).to(out);
///     }
/// );
///
/// let (out, collected) = stream_runtime::sink::collect();
/// watch(receive(Thermometer { path: "/dev/ttyUSB0".into() }), out).run()?;
/// assert_eq!(collected.rows().concat(), [22.0, 23.0]);
/// # Ok::<(), stream_runtime::Error>(())
/// ```
pub trait Receiver: Send + 'static {
    /// What is stored: [`Rows<T>`](crate::Rows) for typed records, [`Text`](crate::Text) for lines,
    /// or a type of your own that implements [`Block`](crate::Block).
    type Block: BlockSize;

    /// A place in the source up to which it can be acknowledged; `()` for a source without.
    type Position: Send + 'static;

    /// Receives until the source is at its end or the receiver is stopped.
    ///
    /// # Errors
    ///
    /// Whatever cannot be mended here. The receiver is restarted then, unless the error is
    /// [fatal](ReceiverError::fatal).
    fn run(&mut self, store: &Store<Self::Block, Self::Position>) -> Result<(), ReceiverError>;

    /// All outputs of the batch that held the block stored at `position` are done: acknowledge it.
    ///
    /// It is called on the receiver's thread while `run` is not at work: between restarts, and at
    /// the end, until the last batch is done. During `run` ask [`Store::committed`] for the
    /// positions, where it suits, and call this for each.
    ///
    /// # Errors
    ///
    /// Whatever stands in the way; it is reported as an error of the receiver.
    fn committed(&mut self, position: Self::Position) -> Result<(), ReceiverError> {
        let _ = position;
        Ok(())
    }
}

/// An input that runs `receiver` on a thread of its own.
///
/// By default 512 MiB may be in flight, a block takes single records for 200 ms or up to 1 MiB, and
/// a receiver that failed is restarted after 2 s, then 4 s and so on up to 30 s, until it stores
/// something again. See [`Receiver`] for an example.
pub fn receive<R: Receiver>(receiver: R) -> Received<R> {
    Received {
        receiver: Some(receiver),
        rules: Rules {
            bound: Bound::Bytes(512 << 20),
            block_interval: Duration::from_millis(200),
            block_bytes: 1 << 20,
        },
        delays: Delays {
            first: Duration::from_secs(2),
            longest: Duration::from_secs(30),
        },
        running: None,
    }
}

/// The source made by [`receive`].
pub struct Received<R: Receiver> {
    pub(super) receiver: Option<R>,
    rules: Rules,
    delays: Delays,
    running: Option<Running<R::Block, R::Position>>,
}

struct Running<B, P> {
    store: Store<B, P>,
    thread: Option<JoinHandle<()>>,
}

impl<R: Receiver> Received<R> {
    /// How many bytes may be stored and not processed yet. A receiver waits when there are as many.
    ///
    /// A batch is held until its interval is over, so this must be more than comes in during one,
    /// or it limits the rate: 512 MiB are 5 million lines of 100 bytes. For rows the size of `T` is
    /// counted, not what it owns elsewhere.
    #[must_use]
    pub fn max_in_flight(mut self, bytes: usize) -> Self {
        self.rules.bound = Bound::Bytes(bytes);
        self
    }

    /// For how long single records are gathered into one block. Each block can be a task of its
    /// own, so this is how many tasks a batch makes: Spark's `blockInterval`.
    #[must_use]
    pub fn block_interval(mut self, interval: Duration) -> Self {
        self.rules.block_interval = interval;
        self
    }

    /// At how many bytes a block of single records is full.
    #[must_use]
    pub fn block_bytes(mut self, bytes: usize) -> Self {
        self.rules.block_bytes = bytes;
        self
    }

    /// After how long a receiver that failed is run again. The delay doubles with each failure in a
    /// row, up to `longest`; it is back at `first` when something was stored.
    #[must_use]
    pub fn restart_delay(mut self, first: Duration, longest: Duration) -> Self {
        self.delays = Delays {
            first,
            longest: longest.max(first),
        };
        self
    }
}

impl<R: Receiver> Source for Received<R> {
    type Block = R::Block;

    fn start(&mut self, context: &SourceContext) -> Result<()> {
        let Some(receiver) = self.receiver.take() else {
            return Ok(());
        };
        let inbox = Arc::new(Inbox::new(self.rules));
        inbox.begin(Ticks {
            clock: Arc::clone(&context.clock),
            interval: context.batch_interval,
        });
        let store = Store {
            inbox,
            stop: Stop::default(),
            clock: Arc::clone(&context.clock),
            input: context.input.as_str().into(),
        };
        let supervisor = Supervisor::new(receiver, store.clone(), self.delays);
        let thread = std::thread::Builder::new().name(format!("receiver-{}", context.input));
        let thread = thread
            .spawn(move || supervisor.run())
            .map_err(|error| Error::io("starting a receiver's thread", error))?;
        self.running = Some(Running {
            store,
            thread: Some(thread),
        });
        Ok(())
    }

    fn batch(&mut self, time: BatchTime) -> Result<Vec<R::Block>> {
        let Some(Running { store, .. }) = &self.running else {
            return Ok(Vec::new());
        };
        match store.inbox.take_fatal() {
            None => Ok(store.inbox.take(time)),
            Some(cause) => Err(Error::Input {
                input: store.input.to_string(),
                cause,
            }),
        }
    }

    fn is_finished(&self) -> bool {
        self.running
            .as_ref()
            .is_some_and(|running| running.store.inbox.is_finished())
    }

    fn committed(&mut self, time: BatchTime) {
        if let Some(running) = &self.running {
            running.store.inbox.commit(time);
        }
    }

    fn stop(&mut self) {
        if let Some(running) = &self.running {
            running.stop();
        }
    }

    fn status(&self) -> Option<ReceiverStatus> {
        let running = self.running.as_ref();
        Some(running.map_or_else(ReceiverStatus::default, |running| {
            running.store.inbox.status()
        }))
    }
}

impl<B: BlockSize, P> Running<B, P> {
    /// Waits until the receiver has stored what it has in hand.
    fn stop(&self) {
        let Store {
            inbox, stop, input, ..
        } = &self.store;
        stop.raise();
        inbox.end();
        if !inbox.wait_closed(PATIENCE) {
            tracing::warn!(%input, "the receiver did not stop within {PATIENCE:?}; what it stores from now on is refused");
            inbox.close();
        }
    }
}

/// Ends the receiver's thread, which may still have batches to acknowledge.
impl<R: Receiver> Drop for Received<R> {
    fn drop(&mut self) {
        let Some(running) = &mut self.running else {
            return;
        };
        let inbox = Arc::clone(&running.store.inbox);
        running.store.stop.raise();
        inbox.close();
        inbox.abandon();
        if !inbox.wait_left(PATIENCE) {
            tracing::warn!(input = %running.store.input, "the receiver's thread is left behind");
        } else if let Some(thread) = running.thread.take() {
            // A panic on it was reported there.
            let _ = thread.join();
        }
    }
}

impl<R: Receiver> fmt::Debug for Received<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("rules", &self.rules)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc;

    use super::*;
    use crate::block::Rows;
    use crate::clock::ManualClock;
    use crate::receiver::ReceiverPhase;
    use crate::receiver::harness::{context, eventually, last_batch, next_batch, records};

    /// A receiver made of a closure.
    struct Script<F> {
        run: F,
        committed: Arc<Mutex<Vec<u32>>>,
    }

    impl<F> Receiver for Script<F>
    where
        F: FnMut(&Store<Rows<u64>, u32>) -> Result<(), ReceiverError> + Send + 'static,
    {
        type Block = Rows<u64>;
        type Position = u32;

        fn run(&mut self, store: &Store<Rows<u64>, u32>) -> Result<(), ReceiverError> {
            (self.run)(store)
        }

        fn committed(&mut self, position: u32) -> Result<(), ReceiverError> {
            self.committed.lock().unwrap().push(position);
            Ok(())
        }
    }

    fn script<F>(run: F) -> Received<Script<F>>
    where
        F: FnMut(&Store<Rows<u64>, u32>) -> Result<(), ReceiverError> + Send + 'static,
    {
        receive(Script {
            run,
            committed: Arc::default(),
        })
    }

    fn status<R: Receiver>(source: &Received<R>) -> ReceiverStatus {
        source.status().unwrap()
    }

    #[test]
    fn a_failed_receiver_restarts_on_the_jobs_clock_with_doubling_delays() {
        let clock = ManualClock::new();
        let (ran, runs) = mpsc::channel();
        let mut source = script(move |store| {
            ran.send(store.now().as_millis()).unwrap();
            Err(ReceiverError::new("away"))
        });
        source.start(&context(&clock)).unwrap();
        assert_eq!(runs.recv().unwrap(), 0);
        for (restarts, delay, at) in [(0, 2, 2_000), (1, 4, 6_000), (2, 8, 14_000)] {
            eventually("it waits", || {
                status(&source).phase == ReceiverPhase::Restarting
            });
            assert_eq!(
                (status(&source).restarts, status(&source).errors),
                (restarts, restarts + 1)
            );
            clock.advance(Duration::from_secs(delay));
            assert_eq!(runs.recv().unwrap(), at);
        }
        assert_eq!(status(&source).last_error.unwrap().message, "away");
        assert!(!source.is_finished());
    }

    #[test]
    fn a_delay_may_be_asked_for_and_records_reset_it() {
        let clock = ManualClock::new();
        let (ran, runs) = mpsc::channel();
        let mut times = 0;
        let mut source = script(move |store| {
            times += 1;
            ran.send(store.now().as_millis()).unwrap();
            match times {
                1 => Err(ReceiverError::new("asks").restart_after(Duration::from_millis(7))),
                2 => Err(ReceiverError::new("first delay")),
                3 => {
                    store.push_block(Rows(vec![1]))?;
                    Err(ReceiverError::new("first delay again"))
                }
                _ => Ok(()),
            }
        });
        source.start(&context(&clock)).unwrap();
        let mut starts = vec![runs.recv().unwrap()];
        for delay in [7, 2_000, 2_000] {
            eventually("it waits", || {
                status(&source).phase == ReceiverPhase::Restarting
            });
            clock.advance(Duration::from_millis(delay));
            starts.push(runs.recv().unwrap());
        }
        assert_eq!(starts, [0, 7, 2_007, 4_007]);
    }

    #[test]
    fn a_panic_is_an_error_and_a_restart() {
        let clock = ManualClock::new();
        let mut times = 0;
        let mut source = script(move |store| {
            times += 1;
            if times == 1 {
                store.push(1)?;
                panic!("record {times} is odd");
            }
            Ok(store.push(2)?)
        })
        .restart_delay(Duration::ZERO, Duration::ZERO);
        source.start(&context(&clock)).unwrap();
        eventually("it ends", || status(&source).phase == ReceiverPhase::Ended);
        let status = status(&source);
        assert_eq!((status.errors, status.restarts), (1, 1));
        assert_eq!(
            status.last_error.unwrap().message,
            "the receiver panicked: record 1 is odd"
        );
        assert!(!source.is_finished(), "its records are not taken yet");
        assert_eq!(records(next_batch(&mut source, &clock)), [1, 2]);
        assert!(source.is_finished());
    }

    #[test]
    fn a_fatal_error_stops_the_job() {
        let clock = ManualClock::new();
        let mut source = script(|_| Err(ReceiverError::new("the password is wrong").fatal()));
        source.start(&context(&clock)).unwrap();
        eventually("it ends", || status(&source).phase == ReceiverPhase::Ended);
        assert!(!source.is_finished(), "the job must ask for another batch");
        let error = source.batch(BatchTime::from_millis(1_000)).unwrap_err();
        assert_eq!(error.to_string(), "input `input`: the password is wrong");
    }

    #[test]
    fn what_a_receiver_has_in_hand_when_it_is_stopped_is_kept() {
        let clock = ManualClock::new();
        let (woken, wait) = mpsc::channel::<()>();
        let mut source = script(move |store| {
            store.push(1)?;
            let woken = woken.clone();
            let _awake = store.on_stop(move || woken.send(()).unwrap());
            wait.recv()?;
            assert!(store.is_stopped());
            Ok(store.push_many([2, 3])?)
        });
        source.start(&context(&clock)).unwrap();
        eventually("it receives", || status(&source).in_flight > 0);
        source.stop();
        source.stop();
        assert_eq!(records(next_batch(&mut source, &clock)), [1, 2, 3]);
        assert!(source.is_finished());
    }

    #[test]
    fn a_full_store_blocks_the_receiver_until_a_batch_is_done() {
        let clock = ManualClock::new();
        let mut source = script(|store| {
            (0..).try_for_each(|block| store.push_block(Rows(vec![block; 4])))?;
            Ok(())
        })
        .max_in_flight(64);
        source.start(&context(&clock)).unwrap();
        let full = |source: &Received<_>| {
            eventually("it is full", || {
                status(source).blocks % 2 == 0 && status(source).in_flight == 64
            })
        };
        for batch in 0..3 {
            full(&source);
            let block = 2 * batch;
            assert_eq!(
                records(next_batch(&mut source, &clock)),
                [[block; 4], [block + 1; 4]].concat()
            );
            assert_eq!(
                status(&source).in_flight,
                64,
                "a batch takes up room until it is done"
            );
            assert_eq!(status(&source).blocks, 2 * batch + 2);
            source.committed(last_batch(&clock));
        }
        full(&source);
        source.stop();
        let rest = records(next_batch(&mut source, &clock));
        assert_eq!(rest[..8], [[6; 4], [7; 4]].concat());
        assert!(
            rest.len() <= 20,
            "no more than twice the bound and a block is let in: {rest:?}"
        );
        assert!(source.is_finished());
    }

    #[test]
    fn positions_come_back_when_their_batch_is_done() {
        let clock = ManualClock::new();
        let committed = Arc::default();
        let (go, wait) = mpsc::channel();
        let mut source = receive(Script {
            committed: Arc::clone(&committed),
            run: move |store: &Store<Rows<u64>, u32>| {
                store.push_block_at(Rows(vec![1]), 10)?;
                store.push_block_at(Rows(vec![2]), 20)?;
                wait.recv()?;
                assert_eq!(store.committed(), [10, 20]);
                store.push_block(Rows(vec![3]))?;
                store.push_block_at(Rows(vec![4]), 40)?;
                Ok(())
            },
        });
        source.start(&context(&clock)).unwrap();
        eventually("it receives", || status(&source).blocks == 2);
        assert_eq!(records(next_batch(&mut source, &clock)), [1, 2]);
        source.committed(last_batch(&clock));
        go.send(()).unwrap();
        eventually("it ends", || status(&source).phase == ReceiverPhase::Ended);
        assert_eq!(records(next_batch(&mut source, &clock)), [3, 4]);
        assert!(committed.lock().unwrap().is_empty());
        source.committed(last_batch(&clock));
        drop(source); // waits for the receiver to acknowledge
        assert_eq!(*committed.lock().unwrap(), [40]);
    }

    #[test]
    fn a_batch_that_is_never_done_is_not_acknowledged() {
        let clock = ManualClock::new();
        let committed = Arc::default();
        let mut source = receive(Script {
            committed: Arc::clone(&committed),
            run: |store: &Store<Rows<u64>, u32>| Ok(store.push_block_at(Rows(vec![1]), 10)?),
        });
        source.start(&context(&clock)).unwrap();
        eventually("it ends", || status(&source).phase == ReceiverPhase::Ended);
        next_batch(&mut source, &clock);
        drop(source);
        assert!(committed.lock().unwrap().is_empty());
    }
}
