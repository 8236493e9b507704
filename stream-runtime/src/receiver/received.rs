//! `receive`: runs a receiver as the input of a job.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::metrics::ReceiverStatus;
use crate::receiver::codec::{Codec, Loggable};
use crate::receiver::custom::Receiver;
use crate::receiver::inbox::{Bound, Inbox, Mark, Rules, Ticks};
use crate::receiver::recovery::{decode, encode, lacks_blocks};
use crate::receiver::running::{Running, Stopping};
use crate::receiver::stop::Stop;
use crate::receiver::store::Store;
use crate::receiver::supervisor::{Delays, Supervisor};
use crate::receiver::{Recovery, Source, SourceContext};
use crate::time::BatchTime;

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
            max_rate: None,
        },
        rate: None,
        delays: Delays {
            first: Duration::from_secs(2),
            longest: Duration::from_secs(30),
        },
        codec: None,
        running: None,
    }
}

/// The source made by [`receive`].
pub struct Received<R: Receiver> {
    pub(super) receiver: Option<R>,
    rules: Rules,
    /// The limit that the job has asked for.
    rate: Option<f64>,
    delays: Delays,
    /// How it is logged; none if it is not.
    pub(super) codec: Option<Codec<R::Block, R::Position>>,
    running: Option<Running<R::Block, R::Position>>,
}

const KIND: &str = "receiver";

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

    /// How many records the receiver may store in a second, more than zero: Spark's
    /// `receiver.maxRate`. Storing waits, so nothing is dropped. If the job asks for less, because it
    /// is slow, that counts.
    ///
    /// Records come steadily: what is not used is kept for a batch interval at most, or 100 ms if that
    /// is shorter. A block that is stored as one comes in as one, and what follows it waits for as
    /// long as its records take. Lines of a text are counted, not guessed.
    #[must_use]
    pub fn max_rate(mut self, records_per_second: f64) -> Self {
        self.rules.max_rate = Some(records_per_second);
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

impl<R> Received<R>
where
    R: Receiver<Block: Loggable, Position: Serialize + DeserializeOwned>,
{
    /// Writes what is received to disk before it counts as received, when the job has a checkpoint.
    /// So a job with a checkpoint can have a receiver whose source does not give its records again:
    /// what was received comes into a batch exactly once, even if the process is killed. What the
    /// receiver had in hand, or its source had sent, is lost then; see [`Store::flush`] and
    /// [`Receiver::resume`] for a source that can do better.
    ///
    /// Cost: the bytes are copied once and written once, in one write for all that waits; a batch
    /// waits for its last blocks to be on disk.
    #[must_use]
    pub fn logged(mut self) -> Self {
        self.codec = Some(Codec::new());
        self
    }
}

impl<R: Receiver> Received<R> {
    /// Begins after `mark`, which says what an earlier run of the job has given.
    fn begin(&mut self, context: &SourceContext, mark: Mark) -> Result<()> {
        self.rules.check(&context.input)?;
        let Some(receiver) = self.receiver.take() else {
            return Ok(());
        };
        let inbox = Arc::new(Inbox::new(self.rules));
        inbox.set_rate(self.rate);
        let ticks = Ticks::of(context);
        let resumed = match (&context.storage, self.codec) {
            (Some(storage), Some(codec)) => {
                inbox.begin_logged(ticks, codec, storage, &context.input, mark)?
            }
            _ => {
                inbox.begin(ticks);
                None
            }
        };
        let store = Store {
            inbox,
            stop: Stop::default(),
            clock: Arc::clone(&context.clock),
            input: context.input.as_str().into(),
            listeners: context.listeners.clone(),
        };
        let supervisor = Supervisor::new(receiver, store.clone(), self.delays, resumed);
        let thread = std::thread::Builder::new().name(format!("receiver-{}", context.input));
        let thread = thread
            .spawn(move || supervisor.run())
            .map_err(|error| Error::io("starting a receiver's thread", error))?;
        self.running = Some(Running {
            store,
            thread: Some(thread),
            stopping: Stopping::No,
        });
        Ok(())
    }
}

impl<R: Receiver> Source for Received<R> {
    type Block = R::Block;

    fn start(&mut self, context: &SourceContext) -> Result<()> {
        self.begin(context, Mark::default())
    }

    fn batch(&mut self, time: BatchTime) -> Result<Vec<R::Block>> {
        let Some(running) = &mut self.running else {
            return Ok(Vec::new());
        };
        running.wait_stopped();
        let Store { inbox, input, .. } = &running.store;
        inbox.take(time).map_err(|fatal| fatal.into_error(input))
    }

    fn recovery(&self) -> Recovery {
        match self.codec {
            Some(_) => Recovery::Logs,
            None => Recovery::never(
                "write `receive(..).logged()`, so that what is received is written to disk first, or run the job without a checkpoint",
            ),
        }
    }

    fn position(&self) -> Vec<u8> {
        let running = self.running.as_ref();
        let mark = running.map(|running| running.store.inbox.mark());
        encode(KIND, &mark.unwrap_or_default())
    }

    fn resume(&mut self, context: &SourceContext, position: &[u8]) -> Result<()> {
        let mark = decode(&context.input, KIND, position)?;
        self.begin(context, mark)
    }

    fn replay(&mut self, time: BatchTime, end: &[u8]) -> Result<Vec<R::Block>> {
        let Some(Running { store, .. }) = &self.running else {
            return Ok(Vec::new());
        };
        let end = decode(&store.input, KIND, end)?;
        let blocks = store.inbox.take_again(time, &end);
        blocks.ok_or_else(|| lacks_blocks(&store.input, &end))
    }

    fn is_finished(&self) -> bool {
        self.running
            .as_ref()
            .is_some_and(|running| running.store.inbox.is_finished())
    }

    fn done(&mut self, time: BatchTime) {
        if let Some(running) = &self.running {
            running.store.inbox.release(time);
        }
    }

    fn committed(&mut self, time: BatchTime) {
        if let Some(running) = &self.running {
            running.store.inbox.commit(time);
        }
    }

    fn set_rate(&mut self, records_per_second: Option<f64>) {
        self.rate = records_per_second;
        if let Some(running) = &self.running {
            running.store.inbox.set_rate(records_per_second);
        }
    }

    /// The receiver may have something in hand, for which the next batch waits.
    fn stop(&mut self) {
        if let Some(running) = &mut self.running {
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
        if !inbox.wait_left(running.patience()) {
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
    use std::sync::mpsc;

    use super::*;
    use crate::block::Rows;
    use crate::clock::ManualClock;
    use crate::receiver::ReceiverPhase;
    use crate::receiver::harness::{
        Script, context, eventually, last_batch, next_batch, records, script, status,
    };

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
