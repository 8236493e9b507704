//! `from_fn`: a closure as a sink.

use std::fmt;
use std::io;

use crate::record::Family;
use crate::sink::BatchWriter;
use crate::time::BatchTime;

/// A sink that calls `write` with the time and the partitions of each batch.
///
/// The type of the partitions has to be written down: `&[Vec<T>]` for a `Sink<T>`. A batch that is
/// tried again calls `write` again with the same time and the same records.
///
/// # Examples
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use stream_runtime::prelude::*;
/// use stream_runtime::sink;
/// use stream_runtime::testing::run_output;
///
/// stream!(
///     fn lengths(words: Stream<&str>, out: Sink<(&str, usize)>) {
///         words.map(|word| (word, word.len())).to(out);
///     }
/// );
///
/// let longest = Arc::new(Mutex::new(0));
/// let seen = Arc::clone(&longest);
/// let out = sink::from_fn(move |_time, partitions: &[Vec<(&str, usize)>]| {
///     let mut longest = seen.lock().unwrap();
///     *longest = partitions.iter().flatten().map(|(_, len)| *len).fold(*longest, usize::max);
///     Ok(())
/// });
/// run_output(|words| lengths(words, out), [["to", "question"]]);
/// assert_eq!(*longest.lock().unwrap(), 8);
/// ```
pub fn from_fn<W>(write: W) -> FromFn<W> {
    FromFn { write }
}

/// The sink made by [`from_fn`].
pub struct FromFn<W> {
    write: W,
}

impl<W> fmt::Debug for FromFn<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromFn").finish_non_exhaustive()
    }
}

impl<F: Family, W> BatchWriter<F> for FromFn<W>
where
    W: FnMut(BatchTime, &[Vec<F::Of<'_>>]) -> io::Result<()> + Send + 'static,
{
    fn write(&mut self, time: BatchTime, partitions: &[Vec<F::Of<'_>>]) -> io::Result<()> {
        (self.write)(time, partitions)
    }
}
