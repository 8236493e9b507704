//! `collect`: keeps the batches in memory, for tests.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::record::Family;
use crate::sink::BatchWriter;
use crate::time::BatchTime;

/// A sink that keeps every batch in memory, and the handle by which to read them. A batch that is
/// run again replaces what it wrote before.
///
/// ```
/// use stream_runtime::prelude::*;
///
/// stream!(
///     fn shout(words: Stream<&str>, out: Sink<String>) {
///         words.map(|word| word.to_uppercase()).to(out);
///     }
/// );
///
/// let (out, collected) = stream_runtime::sink::collect();
/// shout(queue([["hi"]]), out).batch_interval(std::time::Duration::from_millis(1)).run()?;
/// assert_eq!(collected.rows(), [["HI"]]);
/// # Ok::<(), stream_runtime::Error>(())
/// ```
pub fn collect<T>() -> (Collect<T>, Collected<T>) {
    let batches = Arc::default();
    (
        Collect {
            batches: Arc::clone(&batches),
        },
        Collected { batches },
    )
}

type Batches<T> = Arc<Mutex<Vec<(BatchTime, Vec<T>)>>>;

/// The writing end of [`collect`].
#[derive(Debug)]
pub struct Collect<T> {
    batches: Batches<T>,
}

/// The reading end of [`collect`].
#[derive(Debug, Clone)]
pub struct Collected<T> {
    batches: Batches<T>,
}

impl<T: Clone> Collected<T> {
    /// The batches so far, one row each.
    pub fn rows(&self) -> Vec<Vec<T>> {
        self.batches().into_iter().map(|(_, row)| row).collect()
    }

    /// The batches so far, with their times.
    pub fn batches(&self) -> Vec<(BatchTime, Vec<T>)> {
        self.batches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl<F: Family> BatchWriter<F> for Collect<F::Owned> {
    fn write(&mut self, time: BatchTime, partitions: &[Vec<F::Of<'_>>]) -> io::Result<()> {
        let row = partitions.iter().flatten().map(F::own).collect();
        let mut batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        match batches.iter_mut().find(|(written, _)| *written == time) {
            Some(batch) => batch.1 = row,
            None => batches.push((time, row)),
        }
        Ok(())
    }
}
