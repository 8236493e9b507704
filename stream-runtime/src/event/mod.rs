//! Event time: windows by when things happened, not by when they were heard of.
//!
//! Each record gets a time of its own, and each input a *watermark*: the time up to which its
//! records are thought to have come. It follows the largest time that was seen, and never goes
//! back. A window is put out when the watermark passes its end, so it is the same whatever batches
//! its records came in, as long as these were not late.
//!
//! Whether a record is late is judged by the watermark before its batch, and which windows are put
//! out by the one after it. So the order of the records within a batch does not show, and neither
//! does the number of partitions.

mod cell;
mod due;
mod panes;
mod sessions;
mod timed;
mod watermark;
mod windows;

pub(crate) use panes::Panes;
pub(crate) use sessions::Sessions;
pub use timed::{Timed, Windowed};
pub use watermark::IDLE_AFTER;
pub(crate) use watermark::Watermark;
pub(crate) use watermark::{InputTime, merged};
pub(crate) use windows::{Bounds, Turned};
pub(crate) use windows::{EventWindows, Rule};
