//! `channel`: records that another part of the program sends.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{SendError, TrySendError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::block::Rows;
use crate::error::Result;
use crate::metrics::ReceiverStatus;
use crate::receiver::codec::Codec;
use crate::receiver::failure::Stopped;
use crate::receiver::inbox::{Bound, Inbox, Mark, NoRoom, Rules, Ticks};
use crate::receiver::recovery::{decode, encode, lacks_blocks};
use crate::receiver::{Recovery, Source, SourceContext};
use crate::time::BatchTime;

/// A channel into a pipeline: what is sent at one end is the input at the other.
///
/// At most `capacity` records are in flight, that is sent and not processed yet; when there are as
/// many, [`send`](Sender::send) waits until a batch is done. A batch holds what was sent during its
/// interval, so the capacity limits the rate: `capacity` records per batch interval. Records sent
/// before the job starts belong to its first batch. The input is finished when all senders are
/// dropped and what they sent is processed.
///
/// Cost: some 50 ns a record; a record is moved, not copied. Memory: `capacity` records.
///
/// # Examples
///
/// ```
/// use stream_runtime::prelude::*;
///
/// stream!(
///     #[batch(10ms)]
///     fn double(numbers: Stream<u64>, out: Sink<u64>) {
///         numbers.map(|x| 2 * x).to(out);
///     }
/// );
///
/// let (sender, numbers) = channel(1_000);
/// std::thread::spawn(move || {
///     for number in 1..=3 {
///         sender.send(number).expect("the job is running");
///     }
/// });
///
/// let (out, collected) = stream_runtime::sink::collect();
/// double(numbers, out).run()?;
/// assert_eq!(collected.rows().concat(), [2, 4, 6]);
/// # Ok::<(), stream_runtime::Error>(())
/// ```
pub fn channel<T: Send + Sync + 'static>(capacity: usize) -> (Sender<T>, Channel<T>) {
    let rules = Rules {
        bound: Bound::Records(capacity.max(1)),
        block_interval: Duration::from_millis(200),
        block_bytes: 1 << 20,
        max_rate: None,
    };
    let inbox = Arc::new(Inbox::new(rules));
    let source = Channel {
        inbox: Arc::clone(&inbox),
        rules,
        codec: None,
        input: String::new(),
    };
    let end = Arc::new(SendingEnd { inbox });
    (Sender { end }, source)
}

/// The sending end of a [`channel`]. Clones send into the same channel.
pub struct Sender<T: Send + Sync + 'static> {
    end: Arc<SendingEnd<T>>,
}

/// What all senders of a channel share: the channel is closed when the last of them is gone.
struct SendingEnd<T: Send + Sync + 'static> {
    inbox: Arc<Inbox<Rows<T>, ()>>,
}

impl<T: Send + Sync + 'static> Sender<T> {
    /// Sends a record; waits while the channel is full, and while records come faster than they may.
    ///
    /// # Errors
    ///
    /// Gives the record back when the job takes no more: it was stopped, has failed, or was dropped
    /// before it was run.
    pub fn send(&self, record: T) -> Result<(), SendError<T>> {
        let sent = self.end.inbox.push(record, true);
        sent.map_err(|(_, record)| SendError(record))
    }

    /// Waits until all that was sent so far through this channel is on disk, if the job has a
    /// checkpoint and the channel is [logged](Channel::logged). From then on it comes into a batch
    /// exactly once, even if the process is killed. Otherwise it waits for nothing but the start of
    /// the job.
    ///
    /// It costs a write to disk, which is shared by all who wait at the same time: call it after
    /// many records, not after each.
    ///
    /// # Errors
    ///
    /// [`Stopped`] when the records could not be written, or the job has ended before they were.
    pub fn flush(&self) -> Result<(), Stopped> {
        self.end.inbox.flush()
    }

    /// Sends a record if there is room.
    ///
    /// # Errors
    ///
    /// Gives the record back: `Full` when there is no room now, or records come faster than they
    /// may; `Disconnected` when the job takes no more.
    pub fn try_send(&self, record: T) -> Result<(), TrySendError<T>> {
        let sent = self.end.inbox.push(record, false);
        sent.map_err(|(reason, record)| match reason {
            NoRoom::Full | NoRoom::Limited(_) => TrySendError::Full(record),
            NoRoom::Stopped => TrySendError::Disconnected(record),
        })
    }
}

impl<T: Send + Sync + 'static> Drop for SendingEnd<T> {
    fn drop(&mut self) {
        self.inbox.close();
    }
}

impl<T: Send + Sync + 'static> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self {
            end: Arc::clone(&self.end),
        }
    }
}

impl<T: Send + Sync + 'static> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

/// The source made by [`channel`].
pub struct Channel<T: Send + Sync + 'static> {
    inbox: Arc<Inbox<Rows<T>, ()>>,
    rules: Rules,
    /// How it is logged; none if it is not.
    codec: Option<Codec<Rows<T>, ()>>,
    input: String,
}

const KIND: &str = "channel";

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Channel<T> {
    /// Writes what is sent to disk before it counts as received, when the job has a checkpoint. So a
    /// job with a checkpoint can have a channel: what was sent comes into a batch exactly once, even
    /// if the process is killed. See [`Sender::flush`] for when it is certain.
    ///
    /// Cost: the records are serialized once, in postcard's format, and written once, in one write
    /// for all that waits; a batch waits for its last records to be on disk.
    ///
    /// # Examples
    ///
    /// ```
    /// use stream_runtime::prelude::*;
    /// use stream_runtime::sink::collect;
    /// use stream_runtime::storage::{Crash, MemoryStorage};
    ///
    /// stream!(
    ///     #[batch(1h)]
    ///     #[checkpoint]
    ///     fn votes(votes: Stream<&str>, out: Sink<(&str, u64)>) {
    ///         votes.map(|name| (name, 1)).reduce_by_key(|a, b| a + b).to(out);
    ///     }
    /// );
    ///
    /// let (disk, (out, _)) = (MemoryStorage::new(), collect());
    /// let (sender, source) = channel(1_000);
    /// let job = votes(source.logged(), out).checkpoint(disk.clone());
    /// # let stop = job.stop_signal();
    /// let running = std::thread::spawn(move || job.run());
    /// sender.send("ann".to_owned())?;
    /// sender.flush()?; // from here on the vote counts
    /// let disk = disk.after(Crash::Lost); // what a loss of power would leave, now
    /// # stop.raise();
    /// # running.join().unwrap()?;
    ///
    /// let (_sender, source) = channel::<String>(1_000);
    /// let (out, collected) = collect();
    /// let job = votes(source.logged(), out).checkpoint(disk);
    /// job.stop_signal().raise(); // processes what was received, and ends
    /// job.run()?;
    /// assert_eq!(collected.rows().concat(), [("ann".to_owned(), 1)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn logged(mut self) -> Self {
        self.codec = Some(Codec::new());
        self
    }
}

impl<T: Send + Sync + 'static> Channel<T> {
    /// How many records may come in a second, more than zero; senders wait. If the job asks for
    /// less, because it is slow, that counts. What is sent before the job starts is not limited.
    ///
    /// Records come steadily: what is not used is kept for a batch interval at most, or 100 ms if that
    /// is shorter.
    ///
    /// # Examples
    ///
    /// ```
    /// use stream_runtime::prelude::*;
    ///
    /// stream!(
    ///     #[batch(10ms)]
    ///     fn through(numbers: Stream<u64>, out: Sink<u64>) {
    ///         numbers.to(out);
    ///     }
    /// );
    ///
    /// let (sender, numbers) = channel(100);
    /// std::thread::spawn(move || (0..50).try_for_each(|number| sender.send(number)));
    ///
    /// let (out, collected) = stream_runtime::sink::collect();
    /// through(numbers.max_rate(1_000.0), out).run()?; // some 10 records a batch
    /// assert!(collected.rows().concat().into_iter().eq(0..50));
    /// # Ok::<(), stream_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn max_rate(self, records_per_second: f64) -> Self {
        self.with(|rules| rules.max_rate = Some(records_per_second))
    }

    /// For how long records are gathered into one block; 200 ms by default. Each block can be a task
    /// of its own, so this is how many tasks a batch makes: Spark's `blockInterval`.
    #[must_use]
    pub fn block_interval(self, interval: Duration) -> Self {
        self.with(|rules| rules.block_interval = interval)
    }

    /// At how many bytes a block is full; 1 MiB by default. The size of `T` is counted, not what it
    /// owns elsewhere.
    #[must_use]
    pub fn block_bytes(self, bytes: usize) -> Self {
        self.with(|rules| rules.block_bytes = bytes)
    }

    fn with(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(&mut self.rules);
        self.inbox.set_rules(self.rules);
        self
    }

    /// Begins after `mark`, which says what an earlier run of the job has given.
    fn begin(&mut self, context: &SourceContext, mark: Mark) -> Result<()> {
        self.rules.check(&context.input)?;
        self.input.clone_from(&context.input);
        let ticks = Ticks::of(context);
        match (&context.storage, self.codec) {
            (Some(storage), Some(codec)) => {
                let begun = self
                    .inbox
                    .begin_logged(ticks, codec, storage, &self.input, mark);
                begun.map(drop)
            }
            _ => {
                self.inbox.begin(ticks);
                Ok(())
            }
        }
    }
}

impl<T: Send + Sync + 'static> Source for Channel<T> {
    type Block = Rows<T>;

    fn start(&mut self, context: &SourceContext) -> Result<()> {
        self.begin(context, Mark::default())
    }

    fn batch(&mut self, time: BatchTime) -> Result<Vec<Rows<T>>> {
        let taken = self.inbox.take(time);
        taken.map_err(|fatal| fatal.into_error(&self.input))
    }

    fn recovery(&self) -> Recovery {
        match self.codec {
            Some(_) => Recovery::Logs,
            None => Recovery::never(
                "give the pipeline `channel.logged()`, whose records are written to disk first and therefore implement `Serialize` and `Deserialize`, or run the job without a checkpoint",
            ),
        }
    }

    fn position(&self) -> Vec<u8> {
        encode(KIND, &self.inbox.mark())
    }

    fn resume(&mut self, context: &SourceContext, position: &[u8]) -> Result<()> {
        let mark = decode(&context.input, KIND, position)?;
        self.begin(context, mark)
    }

    fn replay(&mut self, time: BatchTime, end: &[u8]) -> Result<Vec<Rows<T>>> {
        let end = decode(&self.input, KIND, end)?;
        let blocks = self.inbox.take_again(time, &end);
        blocks.ok_or_else(|| lacks_blocks(&self.input, &end))
    }

    fn is_finished(&self) -> bool {
        self.inbox.is_finished()
    }

    fn done(&mut self, time: BatchTime) {
        self.inbox.release(time);
    }

    fn committed(&mut self, time: BatchTime) {
        self.inbox.commit(time);
    }

    fn set_rate(&mut self, records_per_second: Option<f64>) {
        self.inbox.set_rate(records_per_second);
    }

    fn stop(&mut self) {
        self.inbox.close();
    }

    fn status(&self) -> Option<ReceiverStatus> {
        Some(self.inbox.status())
    }
}

/// Tells the senders that the job is gone.
impl<T: Send + Sync + 'static> Drop for Channel<T> {
    fn drop(&mut self) {
        self.inbox.close();
        self.inbox.abandon();
    }
}

impl<T: Send + Sync + 'static> fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("status", &self.status())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::receiver::ReceiverPhase;
    use crate::receiver::harness::{context, last_batch, next_batch, records};

    #[test]
    fn records_sent_before_the_start_are_in_the_first_batch() {
        let clock = ManualClock::new();
        clock.advance(Duration::from_secs(100));
        let (sender, mut source) = channel(10);
        sender.send(1).unwrap();
        source.start(&context(&clock)).unwrap();
        clock.advance(Duration::from_millis(1));
        sender.send(2).unwrap();
        clock.advance(Duration::from_secs(1)); // the driver is late
        sender.send(3).unwrap();
        assert_eq!(records(source.batch(last_batch(&clock)).unwrap()), [1, 2]);
        assert_eq!(records(next_batch(&mut source, &clock)), [3]);
    }

    #[test]
    fn a_full_channel_makes_the_sender_wait_until_a_batch_is_done() {
        let clock = ManualClock::new();
        let (sender, mut source) = channel(2);
        source.start(&context(&clock)).unwrap();
        sender.send(1).unwrap();
        sender.send(2).unwrap();
        assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
        assert_eq!(records(next_batch(&mut source, &clock)), [1, 2]);
        assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
        let waiting = std::thread::spawn(move || sender.send(3));
        source.committed(last_batch(&clock));
        waiting.join().unwrap().unwrap();
        assert_eq!(records(next_batch(&mut source, &clock)), [3]);
        assert!(source.is_finished(), "all senders are gone");
    }

    #[test]
    fn blocks_are_cut_by_time_and_size() {
        let clock = ManualClock::new();
        clock.advance(Duration::from_millis(1));
        let (sender, source) = channel(100);
        let interval = Duration::from_millis(10);
        let mut source = source.block_interval(interval).block_bytes(16);
        source.start(&context(&clock)).unwrap();
        for number in 0..5_u64 {
            sender.send(number).unwrap();
        }
        clock.advance(interval);
        sender.send(5).unwrap();
        let blocks = next_batch(&mut source, &clock).into_iter();
        let expected: [&[u64]; 4] = [&[0, 1], &[2, 3], &[4], &[5]];
        assert!(blocks.map(|rows| rows.0).eq(expected));
    }

    #[test]
    fn it_is_finished_when_it_is_drained_and_all_senders_are_gone() {
        let clock = ManualClock::new();
        let (sender, mut source) = channel(10);
        let other = sender.clone();
        other.send(1).unwrap();
        drop((sender, other));
        source.start(&context(&clock)).unwrap();
        assert_eq!(source.status().unwrap().phase, ReceiverPhase::Ended);
        assert!(!source.is_finished());
        assert_eq!(records(next_batch(&mut source, &clock)), [1]);
        assert!(source.is_finished());
    }

    #[test]
    fn a_sender_learns_that_the_job_is_gone() {
        let clock = ManualClock::new();
        let (sender, source) = channel(1);
        drop(source);
        assert_eq!(sender.send(1), Err(SendError(1)));

        let (sender, mut source) = channel(1);
        source.start(&context(&clock)).unwrap();
        sender.send(1).unwrap();
        let other = sender.clone();
        let waiting = std::thread::spawn(move || other.send(2));
        source.stop();
        assert_eq!(waiting.join().unwrap(), Err(SendError(2)));
        assert_eq!(sender.try_send(3), Err(TrySendError::Disconnected(3)));
        assert_eq!(
            records(next_batch(&mut source, &clock)),
            [1],
            "what was sent is kept"
        );
    }
}
