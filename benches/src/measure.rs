//! Measures the ways of a workload in turn, so that a slow moment of the machine hits all of them.
//!
//! In each round every way has one turn, and the rounds begin with another way each. The first batch of a
//! turn is not counted: it warms up caches, the allocator and the threads, which are new with every turn.
//! What counts is the ratio of two ways within a round; see [`Estimate`]. The process keeps the memory that
//! it frees, as one with a launcher does: that goes for all ways.

use std::time::Duration;

use stream_runtime::keep_freed_memory;

use crate::contest::{Way, Workload};

/// About how long a turn takes.
const TURN: Duration = Duration::from_millis(150);

/// What was measured of a way.
#[derive(Debug)]
pub struct Measured {
    /// The way.
    pub way: Way,
    /// Nanoseconds for a record, of each round.
    pub nanos: Vec<f64>,
}

impl Measured {
    /// Nanoseconds for a record.
    pub fn nanos_per_record(&self) -> Estimate {
        Estimate::of(self.nanos.clone())
    }

    /// How many times as fast this way is as another one.
    pub fn speed_beside(&self, other: &Self) -> Estimate {
        speed(&self.nanos, &other.nanos)
    }
}

/// How many times as fast one way is as another one, by what each took in each round.
pub fn speed(own: &[f64], other: &[f64]) -> Estimate {
    let rounds = other.iter().zip(own);
    Estimate::of(rounds.map(|(other, own)| other / own).collect())
}

/// Measures all ways of a workload in so many rounds.
pub fn in_turn(workload: &Workload, rounds: usize) -> Vec<Measured> {
    keep_freed_memory();
    let batches: Vec<u64> = workload
        .ways
        .iter()
        .map(|way| batches_in_a_turn(way, workload))
        .collect();
    let measured = workload.ways.iter().map(|way| Measured {
        way: *way,
        nanos: Vec::with_capacity(rounds),
    });
    let mut measured: Vec<Measured> = measured.collect();
    for round in 0..rounds {
        for turn in 0..measured.len() {
            let index = (round + turn) % measured.len();
            let seconds = turn_of(&measured[index].way, batches[index]);
            measured[index]
                .nanos
                .push(seconds * 1e9 / workload.records as f64);
        }
    }
    measured
}

/// The median time of a batch, in seconds.
fn turn_of(way: &Way, batches: u64) -> f64 {
    let times = (way.run)(batches + 1).1;
    let mut seconds: Vec<f64> = times[1..].iter().map(Duration::as_secs_f64).collect();
    median(&mut seconds)
}

fn batches_in_a_turn(way: &Way, workload: &Workload) -> u64 {
    let batches = TURN.as_secs_f64() / turn_of(way, 1);
    let most = 100_000.min(workload.batches - 1);
    (batches as u64).clamp(2, most)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A median, and the interval that holds the true one in 95 of 100 cases.
///
/// The bounds are order statistics: of `n` values, those at the ranks `n / 2 ± 0.98 √n`, after the normal
/// approximation of the binomial distribution. Nothing is assumed of how the values are distributed.
/// With fewer than six values the bounds are the smallest and the largest one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The lower bound.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The upper bound.
    pub high: f64,
}

impl Estimate {
    /// Of these values, of which there must be one.
    pub fn of(mut values: Vec<f64>) -> Self {
        let median = median(&mut values);
        let (count, last) = (values.len() as f64, values.len() - 1);
        let below = (count / 2.0 - 0.98 * count.sqrt()).floor().max(0.0) as usize;
        Self {
            low: values[below],
            median,
            high: values[last - below],
        }
    }
}

/// The geometric mean, of one value at least.
pub fn geometric_mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, logs) = values.fold((0.0, 0.0), |(count, logs), value| {
        (count + 1.0, logs + value.ln())
    });
    f64::exp(logs / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_leaves_out_the_same_number_on_either_side() {
        let estimate = Estimate::of((1..=25).map(f64::from).rev().collect());
        assert_eq!(
            (estimate.low, estimate.median, estimate.high),
            (8.0, 13.0, 18.0)
        );
        let of_three = Estimate::of(vec![3.0, 1.0, 2.0]);
        assert_eq!(
            (of_three.low, of_three.median, of_three.high),
            (1.0, 2.0, 3.0)
        );
    }

    #[test]
    fn a_geometric_mean_takes_twice_and_half_as_equal() {
        assert!((geometric_mean([2.0, 0.5, 8.0].into_iter()) - 2.0).abs() < 1e-12);
    }
}
