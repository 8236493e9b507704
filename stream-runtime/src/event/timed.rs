//! Records with a time, and values with a window.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::show::Show;
use crate::time::BatchTime;

/// A record, and when it happened.
///
/// It can be used as the record: `click.user` is the field of the record.
///
/// ```
/// use stream_runtime::{BatchTime, Timed};
///
/// let word = Timed { time: BatchTime::from_millis(1_500), record: "word" };
/// assert_eq!(word.len(), 4);
/// assert_eq!(word.map(str::len), Timed { time: word.time, record: 4 });
/// ```
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Timed<T> {
    /// When it happened.
    pub time: BatchTime,
    /// What happened.
    pub record: T,
}

impl<T> Timed<T> {
    /// Another record with the same time.
    #[inline(always)]
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Timed<U> {
        Timed {
            time: self.time,
            record: f(self.record),
        }
    }
}

impl<T> Deref for Timed<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.record
    }
}

/// Shown as a pair.
impl<T: Show> Show for Timed<T> {
    fn show(&self, text: &mut String) {
        (self.time, &self.record).show(text);
    }
}

/// The value of a window: of what happened from `start` on and before `end`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Windowed<V> {
    /// The first time in the window.
    pub start: BatchTime,
    /// The first time after the window.
    pub end: BatchTime,
    /// What the function has made of its values.
    pub value: V,
}

/// Shown as a triple.
impl<V: Show> Show for Windowed<V> {
    fn show(&self, text: &mut String) {
        (self.start, self.end, &self.value).show(text);
    }
}
