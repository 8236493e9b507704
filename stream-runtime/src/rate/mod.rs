//! Rates, in records a second: how many an input may give, and how many a job can take.
//!
//! A receiver that is limited waits before it takes a record in, and its source waits for it. What
//! the limit is to be comes from the user, who knows what a source may be asked for, and from a
//! [`PidEstimator`], which sees how fast batches are processed; the smaller one counts.

mod pid;

pub use pid::{Pid, PidEstimator};
