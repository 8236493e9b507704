//! Read-only values that every task shares.

use std::ops::Deref;
use std::sync::Arc;

/// A read-only value that all tasks of a job share, without a copy each.
///
/// Clones are handles to the same value. A checkpoint does not hold it: the program makes it anew
/// when it starts.
///
/// ```
/// use stream_runtime::prelude::*;
/// use stream_runtime::testing::run_batches;
/// use std::collections::HashSet;
///
/// stream!(
///     fn without(words: Stream<&str>, stop: Broadcast<HashSet<String>>, out: Sink<&str>) {
///         words.filter(|word| !stop.contains(*word)).to(out);
///     }
/// );
///
/// let stop = Broadcast::new(HashSet::from(["the".to_owned()]));
/// let rows = run_batches(|words, out| without(words, stop, out), [vec!["the", "cat"]]);
/// assert_eq!(rows, [["cat"]]);
/// ```
#[derive(Debug)]
pub struct Broadcast<T: ?Sized> {
    value: Arc<T>,
}

impl<T> Broadcast<T> {
    /// Shares `value`.
    pub fn new(value: T) -> Self {
        Self {
            value: Arc::new(value),
        }
    }
}

impl<T: ?Sized> Clone for Broadcast<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
        }
    }
}

impl<T: ?Sized> Deref for Broadcast<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> From<T> for Broadcast<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
