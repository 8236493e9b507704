//! `channel`: hands the batches to another thread.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::record::Family;
use crate::sink::BatchWriter;
use crate::time::BatchTime;

/// A sink that sends each batch, with its time, through a bounded channel.
///
/// The receiver gets every batch once, empty ones too, as owned records in partition order. When
/// `capacity` batches wait to be received the job waits as well, so receive on another thread than
/// the one that calls [`run`](crate::Job::run). The channel ends when the job does.
///
/// # Errors
///
/// A batch fails when the receiver was dropped.
///
/// # Examples
///
/// ```
/// use stream_runtime::prelude::*;
/// use stream_runtime::sink;
///
/// stream!(
///     #[batch(1ms)]
///     fn shout(words: Stream<&str>, out: Sink<String>) {
///         words.map(|word| word.to_uppercase()).to(out);
///     }
/// );
///
/// let (out, batches) = sink::channel(2);
/// let job = shout(queue([["to"], ["be"]]), out);
/// let job = std::thread::spawn(|| job.run());
/// let rows: Vec<Vec<String>> = batches.iter().map(|(_time, row)| row).collect();
/// assert_eq!(rows, [["TO"], ["BE"]]);
/// # job.join().unwrap()?;
/// # Ok::<(), stream_runtime::Error>(())
/// ```
pub fn channel<T>(capacity: usize) -> (ChannelSink<T>, Receiver<(BatchTime, Vec<T>)>) {
    let (sender, receiver) = sync_channel(capacity);
    let sink = ChannelSink { sender, sent: None };
    (sink, receiver)
}

/// The sending end of [`channel`].
#[derive(Debug)]
pub struct ChannelSink<T> {
    sender: SyncSender<(BatchTime, Vec<T>)>,
    /// The last batch that was sent. If it is tried again its records are the same.
    sent: Option<BatchTime>,
}

impl<F: Family> BatchWriter<F> for ChannelSink<F::Owned> {
    fn write(&mut self, time: BatchTime, partitions: &[Vec<F::Of<'_>>]) -> io::Result<()> {
        if self.sent == Some(time) {
            return Ok(());
        }
        let row = partitions.iter().flatten().map(F::own).collect();
        self.sender.send((time, row)).map_err(|_| {
            let message = "the receiver of the sink's channel was dropped";
            io::Error::new(io::ErrorKind::BrokenPipe, message)
        })?;
        self.sent = Some(time);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Ref, Val};

    #[test]
    fn a_batch_is_sent_once_however_often_it_is_tried() {
        let (mut sink, batches) = channel::<String>(8);
        let (first, second) = (BatchTime::from_millis(1), BatchTime::from_millis(2));
        for time in [first, first, second] {
            BatchWriter::<Ref<str>>::write(&mut sink, time, &[vec!["a"], vec!["b"]]).unwrap();
        }
        drop(sink);
        let row = vec!["a".to_owned(), "b".to_owned()];
        assert!(batches.iter().eq([(first, row.clone()), (second, row)]));
    }

    #[test]
    fn a_dropped_receiver_is_an_error() {
        let (mut sink, batches) = channel::<u64>(8);
        drop(batches);
        let written = BatchWriter::<Val<u64>>::write(&mut sink, BatchTime::ZERO, &[vec![1]]);
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
