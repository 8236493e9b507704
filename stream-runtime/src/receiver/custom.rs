//! `Receiver`: what an input that waits for its records is made of.

use crate::block::BlockSize;
use crate::receiver::failure::ReceiverError;
use crate::receiver::store::Store;

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
/// * **Back-pressure.** Storing waits while too much is in flight, and while records come faster than
///   they may: see [`Received::max_rate`](crate::receiver::Received::max_rate).
/// * **Stop.** When the job is stopped gracefully, what was stored is still processed. A receiver
///   that waits for its peer is woken by a hook: see [`Store::on_stop`].
/// * **Acknowledgement.** Blocks that are stored with their position in the source give it back
///   when their batch is done.
/// * **Recovery.** With [`Received::logged`](crate::receiver::Received::logged) and a checkpoint,
///   what was stored is on disk when [`Store::flush`] returns, and then comes into a batch exactly
///   once, even if the process is killed. A source that waits for an acknowledgement gets it after
///   that. See [`resume`](Receiver::resume) for one that can be asked to begin somewhere.
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

    /// The job has come back, and has in its log all that was stored up to `position`, the last one
    /// that was given with a block. What came after it is to be received again.
    ///
    /// It is called before the first `run` of a job that was started again.
    ///
    /// # Errors
    ///
    /// Whatever stands in the way; it counts as an error of `run`.
    fn resume(&mut self, position: Self::Position) -> Result<(), ReceiverError> {
        let _ = position;
        Ok(())
    }

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
