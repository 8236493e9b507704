//! A log: records that are appended, synced together, and read back in their order.
//!
//! A log is a series of files, its *segments*, each with a number in its name. Records are collected
//! in memory; [`Log::sync`] writes them as one *frame* and waits until it is on disk. So at most one
//! frame, the last of all, can have been hurt by a loss of power, and none of its records was
//! reported as durable: it is cut off. All other damage is an error, and never taken for the end.
//!
//! | file | what is in it |
//! |---|---|
//! | `format` | the bytes of a segment, version 1 |
//! | `read` | reading a log, and judging its end |
//! | `write` | appending, syncing, rolling |
//!
//! No segment is written to by two runs: each run begins a new one, which says how long the one
//! before it was found to be. A segment also says which one was the oldest that was needed when it
//! was begun, so that a segment that is missing is noticed, and one that should have been removed is
//! not read.

mod fault;
mod format;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use fault::BEGIN_ANEW;
#[cfg(feature = "launcher")]
pub(crate) use read::names;
pub(crate) use read::{At, Contents, Tail, read};
pub(crate) use write::Log;
