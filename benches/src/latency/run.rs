//! Runs a pipeline at one rate.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stream_runtime::BatchInfo;

use super::histogram::LatencyHistogram;
use super::load::{Cut, GivenUp};
use super::pipelines::Pipeline;
use super::{Latency, THREADS};

/// For so long a job runs before it counts.
const WARM_UP: Duration = Duration::from_millis(500);
/// A job that is so far behind, beside an interval, is given up.
const PATIENCE: Duration = Duration::from_secs(1);
/// What is waiting may seem to grow by such a part of the records that come.
const TOLERANCE: f64 = 0.005;

/// A run at one rate.
#[derive(Debug)]
pub struct Run {
    interval: Duration,
    cut: Cut,
    /// From when each batch was due to when it was done.
    delays: Vec<Duration>,
    /// How long its batches were worked on, beside how long they were.
    busy: f64,
    given_up: bool,
}

/// What is seen of the batches while they run.
#[derive(Debug, Default)]
struct Seen {
    delays: Vec<Duration>,
    worked: Duration,
}

/// Runs a pipeline for so long at about so many records a second.
///
/// # Panics
///
/// If the job fails.
pub fn run(pipeline: &Pipeline, interval: Duration, rate: f64, time: Duration) -> Run {
    let cut = Cut::of(rate, interval, pipeline.most);
    let warm_up = batches_in(WARM_UP, interval);
    let batches = warm_up + batches_in(time, interval).max(8);
    let (given_up, seen) = (GivenUp::default(), Arc::new(Mutex::new(Seen::default())));
    let listener = listener(interval, batches, Arc::clone(&seen), given_up.clone());
    let job = (pipeline.job)(cut, batches, given_up.clone())
        .threads(THREADS)
        .partitions(THREADS)
        .batch_interval(interval)
        .on_batch(listener);
    job.run().unwrap_or_else(|error| panic!("{error}"));
    let seen = std::mem::take(&mut *seen.lock().expect("nobody panics"));
    let busy = seen.worked.as_secs_f64() / (interval.as_secs_f64() * seen.delays.len() as f64);
    Run {
        interval,
        cut,
        delays: seen.delays.into_iter().skip(warm_up as usize).collect(),
        busy,
        given_up: given_up.load(Ordering::Relaxed),
    }
}

fn batches_in(time: Duration, interval: Duration) -> u64 {
    time.as_nanos().div_ceil(interval.as_nanos()) as u64
}

/// Notes what became of each batch; gives the job up when it is hopelessly behind.
fn listener(
    interval: Duration,
    batches: u64,
    seen: Arc<Mutex<Seen>>,
    given_up: GivenUp,
) -> impl FnMut(&BatchInfo) + Send + 'static {
    let room = batches as usize;
    seen.lock().expect("nobody panics").delays.reserve(room);
    move |batch| {
        let delay = batch.total_delay();
        let mut seen = seen.lock().expect("nobody panics");
        seen.delays.push(delay);
        seen.worked += batch.processing_time;
        if delay > PATIENCE + 2 * interval {
            given_up.store(true, Ordering::Relaxed);
        }
    }
}

impl Run {
    /// Records a second.
    pub fn rate(&self) -> f64 {
        self.cut.rate(self.interval)
    }

    /// The part of the time in which it worked; above 1 if it is overloaded.
    pub fn busy(&self) -> f64 {
        self.busy
    }

    /// Whether what is waiting did not grow: the least delay in the last quarter is that in the second one,
    /// but for a tolerance. The least one, since a job that keeps up comes back to it after whatever holds
    /// it up, and one that does not never sees it again.
    pub fn is_sustained(&self) -> bool {
        let quarter = self.delays.len() / 4;
        let least = |number: usize| {
            let delays = self.delays.chunks(quarter.max(1)).nth(number)?;
            delays.iter().min().copied()
        };
        let (Some(before), Some(after)) = (least(1), least(3)) else {
            return false;
        };
        let between = self.interval.mul_f64(2.0 * quarter as f64);
        !self.given_up && after <= before + between.mul_f64(TOLERANCE)
    }

    /// The latencies of its records.
    pub fn latency(&self, load: f64) -> Latency {
        let mut histogram = LatencyHistogram::default();
        for delay in &self.delays {
            histogram.count_batch(*delay, self.interval, self.cut.batch());
        }
        Latency {
            load,
            rate: self.rate(),
            p50: histogram.at(0.5),
            p99: histogram.at(0.99),
            p999: histogram.at(0.999),
            longest: histogram.longest(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_delays(micros: impl Iterator<Item = u64>) -> Run {
        Run {
            interval: Duration::from_millis(1),
            cut: Cut {
                blocks: 1,
                records: 1,
            },
            delays: micros.map(Duration::from_micros).collect(),
            busy: 0.5,
            given_up: false,
        }
    }

    #[test]
    fn a_stall_that_is_made_up_for_is_sustained() {
        let stall = |batch: u64| match batch {
            2_500..2_600 => (2_600 - batch) * 500,
            _ => 80 + batch % 7,
        };
        assert!(of_delays((0..4_000).map(stall)).is_sustained());
    }

    #[test]
    fn a_backlog_that_grows_by_a_hundredth_is_not() {
        assert!(!of_delays((0..4_000).map(|batch| 80 + batch * 10)).is_sustained());
    }

    #[test]
    fn a_job_that_was_given_up_is_not() {
        let mut run = of_delays((0..4_000).map(|_| 80));
        assert!(run.is_sustained());
        run.given_up = true;
        assert!(!run.is_sustained());
        assert!(!of_delays(0..2).is_sustained());
    }
}
