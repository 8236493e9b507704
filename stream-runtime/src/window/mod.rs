//! Windows over batches: what a window holds, and the algorithms that keep it up to date.
//!
//! A window of some *length* that moves on by some *slide* holds, at time `T`, what came in
//! `(T - length, T]`; it is put out at the multiples of its slide, counted from zero. What comes
//! between two points at which a window can begin or end is one *pane*: all windows either hold it
//! or do not. So the panes of a window are as long as the greatest common divisor of length and
//! slide, they are made once, and a window that slides only looks at the panes that enter and leave.
//!
//! How the values of the panes become one is chosen by what the function allows:
//!
//! | the function | algorithm | a slide costs | memory |
//! |---|---|---|---|
//! | has an inverse | [`subtract`]: subtract on evict | one call for what enters, one for what leaves | one value |
//! | chooses one of its two values | [`monotonic`]: a monotonic deque | two calls, amortized | the values that may still win |
//! | is associative | [`two_stacks`]: two stacks, in one queue | three calls, amortized | one value per pane, and one |
//! | is associative, and the longest slide counts | [`daba`]: DABA lite, where the pipeline asks for it with `#[steady]` | six calls, always | one value per pane, and two |
//!
//! A keyed window keeps such a structure for each key, and touches only those of the keys that
//! enter or leave: see [`keyed`].
//!
//! Panes are kept by time, not by number, so a job may be started again with another batch
//! interval. Aggregates are made again from the panes then, so they are no part of a checkpoint.

mod aggregate;
mod daba;
mod extent;
mod groups;
mod keyed;
mod monotonic;
mod panes;
mod records;
mod restored;
mod subtract;
mod two_stacks;

pub(crate) use aggregate::Aggregate;
pub(crate) use daba::Daba;
pub(crate) use extent::Extent;
pub(crate) use groups::{Group, Groups};
pub(crate) use keyed::KeyedWindow;
pub(crate) use monotonic::MonotonicDeque;
pub(crate) use records::Chunk;
pub(crate) use records::{RecordWindow, push_record};
pub(crate) use subtract::SubtractOnEvict;
pub(crate) use two_stacks::TwoStacks;

#[cfg(test)]
mod check;
