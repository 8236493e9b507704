//! Rates, in records a second: how many an input may give, and how many a job can take.
//!
//! A receiver that is limited waits before it takes a record in, and its source waits for it; an
//! input that is asked for batches gives smaller ones. What the limit is to be comes from the user,
//! who knows what a source may be asked for, and from a [`PidEstimator`], which sees how fast batches
//! are processed; the smaller one counts.
//!
//! Where inputs must not wait, the batch interval can follow the rate ([`FixedPoint`]), or be chosen
//! once, by trying ([`Job::tune`](crate::Job::tune)).

mod bounds;
mod control;
mod interval;
mod limit;
mod pid;
mod quota;
mod trial;
mod tuner;

pub(crate) use control::{Lead, RateSettings};
pub use interval::FixedPoint;
pub(crate) use limit::RateLimit;
pub use pid::{Pid, PidEstimator};
pub(crate) use quota::Quota;
pub(crate) use trial::Sample;
pub use trial::{Trial, Verdict};
pub(crate) use tuner::Tuner;

/// A rate that can be kept: what is below zero, or no number, is zero, and infinity is no limit.
fn sane(per_second: f64) -> Option<f64> {
    Some(per_second.max(0.0)).filter(|rate| rate.is_finite())
}

/// The smaller of two limits.
fn smaller(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
