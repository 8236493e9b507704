//! Runs a pipeline over rows of batches.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Signal};
use crate::engine::SerializingEngine;
use crate::error::{Error, Result};
use crate::job::Job;
use crate::metrics::Summary;
use crate::receiver::{Queue, queue};
use crate::sink::{Collect, collect};
use crate::time::BatchTime;

/// How a pipeline under test is run: batches of one second from time zero on a clock that does not
/// wait, two partitions, one thread, one attempt.
///
/// The methods that run panic, at the line that calls them, when the job ends in another way than
/// the test expects; [`job`](Self::job) does not.
#[derive(Debug, Clone)]
#[must_use = "call one of the methods that run"]
pub struct TestRun {
    partitions: usize,
    threads: usize,
    batch_interval: Duration,
    start: BatchTime,
    serializing: bool,
    attempts: u32,
}

impl Default for TestRun {
    fn default() -> Self {
        Self::new()
    }
}

impl TestRun {
    /// The settings named above.
    pub fn new() -> Self {
        Self {
            partitions: 2,
            threads: 1,
            batch_interval: Duration::from_secs(1),
            start: BatchTime::ZERO,
            serializing: false,
            attempts: 1,
        }
    }

    /// The number of partitions of inputs and shuffles.
    pub fn partitions(mut self, partitions: usize) -> Self {
        self.partitions = partitions;
        self
    }

    /// The number of threads.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// The batch interval.
    pub fn batch_interval(mut self, interval: Duration) -> Self {
        self.batch_interval = interval;
        self
    }

    /// The time at which the job starts: for records with times of a real clock, since what happened
    /// long after its batch is late.
    pub fn start(mut self, start: BatchTime) -> Self {
        self.start = start;
        self
    }

    /// Serializes every exchange, as a cluster would.
    pub fn serializing(mut self) -> Self {
        self.serializing = true;
        self
    }

    /// How often a batch is tried before the job fails.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Runs a pipeline with one input and one sink; gives a row of output for each row of input.
    #[track_caller]
    pub fn run<T, O: Clone>(
        &self,
        pipeline: impl FnOnce(Queue<T>, Collect<O>) -> Job,
        rows: impl IntoIterator<Item: IntoIterator<Item = T>>,
    ) -> Vec<Vec<O>> {
        let (out, collected) = collect();
        self.printed(|input| pipeline(input, out), rows);
        collected.rows()
    }

    /// Runs a pipeline with two inputs and one sink. The shorter input has empty rows at its end.
    #[track_caller]
    pub fn run_two<T, U, O: Clone>(
        &self,
        pipeline: impl FnOnce(Queue<T>, Queue<U>, Collect<O>) -> Job,
        left: impl IntoIterator<Item: IntoIterator<Item = T>>,
        right: impl IntoIterator<Item: IntoIterator<Item = U>>,
    ) -> Vec<Vec<O>> {
        let (out, collected) = collect();
        let ((left, left_batches), (right, right_batches)) = (input(left), input(right));
        let batches = left_batches.max(right_batches);
        completed(self.job(pipeline(left, right, out), batches));
        collected.rows()
    }

    /// Runs a pipeline with one input and outputs of its own, and gives what it printed.
    #[track_caller]
    pub fn printed<T>(
        &self,
        pipeline: impl FnOnce(Queue<T>) -> Job,
        rows: impl IntoIterator<Item: IntoIterator<Item = T>>,
    ) -> String {
        let (input, batches) = input(rows);
        let console = Captured::default();
        completed(self.job(pipeline(input).console(console.clone()), batches));
        console.into_text()
    }

    /// Runs a pipeline that must fail, and gives the error with which the job ended.
    #[track_caller]
    pub fn fails<T>(
        &self,
        pipeline: impl FnOnce(Queue<T>) -> Job,
        rows: impl IntoIterator<Item: IntoIterator<Item = T>>,
    ) -> Error {
        let (input, batches) = input(rows);
        match self.job(pipeline(input).console(io::sink()), batches) {
            Ok(summary) => panic!("the job should fail, but ran {} batches", summary.batches),
            Err(error) => error,
        }
    }

    /// Runs `job` with these settings, for at most `batches` batches: for more inputs than two, or
    /// inputs of another kind.
    ///
    /// ```
    /// use stream_runtime::prelude::*;
    /// use stream_runtime::testing::{TestRun, collect};
    ///
    /// stream!(
    ///     fn all(a: Stream<u64>, b: Stream<u64>, c: Stream<u64>, out: Sink<u64>) {
    ///         a.union(b, c).to(out);
    ///     }
    /// );
    ///
    /// let (out, collected) = collect();
    /// let job = all(queue([[1], [2]]), queue([[3]]), queue([[4]]), out);
    /// TestRun::new().job(job, 2)?;
    /// assert_eq!(collected.rows(), [vec![1, 3, 4], vec![2]]);
    /// # Ok::<(), stream_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What the job ended with.
    pub fn job(&self, job: Job, batches: u64) -> Result<Summary> {
        if batches == 0 {
            return Err(Error::Config(
                "a test run needs at least one batch".to_owned(),
            ));
        }
        let job = job
            .batch_interval(self.batch_interval)
            .partitions(self.partitions)
            .threads(self.threads)
            .attempts(self.attempts)
            .clock(LeapingClock::at(self.start))
            .max_batches(batches);
        let job = if self.serializing {
            job.engine(SerializingEngine)
        } else {
            job
        };
        job.run()
    }
}

/// Panics, where the test calls, if the job did not complete.
#[track_caller]
fn completed(result: Result<Summary>) {
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Runs a pipeline with one input and one sink with the settings of [`TestRun::new`].
#[track_caller]
pub fn run_batches<T, O: Clone>(
    pipeline: impl FnOnce(Queue<T>, Collect<O>) -> Job,
    rows: impl IntoIterator<Item: IntoIterator<Item = T>>,
) -> Vec<Vec<O>> {
    TestRun::new().run(pipeline, rows)
}

/// Runs a pipeline with two inputs and one sink with the settings of [`TestRun::new`].
#[track_caller]
pub fn run_two<T, U, O: Clone>(
    pipeline: impl FnOnce(Queue<T>, Queue<U>, Collect<O>) -> Job,
    left: impl IntoIterator<Item: IntoIterator<Item = T>>,
    right: impl IntoIterator<Item: IntoIterator<Item = U>>,
) -> Vec<Vec<O>> {
    TestRun::new().run_two(pipeline, left, right)
}

/// Runs a pipeline with one input, and outputs of its own or sinks that the closure gives to it,
/// with the settings of [`TestRun::new`].
#[track_caller]
pub fn run_output<T>(
    pipeline: impl FnOnce(Queue<T>) -> Job,
    rows: impl IntoIterator<Item: IntoIterator<Item = T>>,
) {
    TestRun::new().printed(pipeline, rows);
}

/// Each row sorted: for streams whose order within a batch does not matter.
pub fn sorted<T: Ord>(mut rows: Vec<Vec<T>>) -> Vec<Vec<T>> {
    rows.iter_mut().for_each(|row| row.sort());
    rows
}

/// A queue that is never finished, and how many rows it has.
fn input<T>(rows: impl IntoIterator<Item: IntoIterator<Item = T>>) -> (Queue<T>, u64) {
    let rows: Vec<Vec<T>> = rows
        .into_iter()
        .map(|row| row.into_iter().collect())
        .collect();
    let batches = rows.len() as u64;
    (queue(rows).with_default([]), batches)
}

/// A manual clock that is moved on by whoever waits for it, and never back: a test never sleeps.
#[derive(Debug)]
struct LeapingClock {
    now: Mutex<BatchTime>,
}

impl LeapingClock {
    fn at(start: BatchTime) -> Self {
        Self {
            now: Mutex::new(start),
        }
    }
}

impl Clock for LeapingClock {
    fn now(&self) -> BatchTime {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_until(&self, deadline: BatchTime, _: &Signal) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = deadline.max(*now); // a receiver may wait too
    }
}

/// A console that keeps what is written to it.
#[derive(Debug, Clone, Default)]
struct Captured {
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Captured {
    fn into_text(self) -> String {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    stream!(
        fn ratios(xs: Stream<u64>, out: Sink<u64>) {
            xs.map(|x| 100 / x).to(out);
        }
    );

    #[test]
    fn batches_before_a_failure_are_there() {
        let (out, collected) = collect();
        let error = TestRun::new().fails(|xs| ratios(xs, out), [vec![5, 10], vec![0], vec![1]]);
        assert!(matches!(error, Error::Batch { time, .. } if time.as_millis() == 2000));
        assert_eq!(collected.rows(), [[20, 10]]);
    }

    #[test]
    fn batches_have_times_after_the_start() {
        let run = TestRun::new().start(BatchTime::from_millis(60_000));
        let error = run.fails(|xs| ratios(xs, collect().0), [[5], [0]]);
        assert!(matches!(error, Error::Batch { time, .. } if time.as_millis() == 62_000));
    }

    #[test]
    #[should_panic = "panicked: attempt to divide by zero"]
    fn a_job_that_fails_panics() {
        run_batches(ratios, [[0]]);
    }

    #[test]
    #[should_panic = "the job should fail, but ran 2 batches"]
    fn a_job_that_does_not_fail_panics() {
        TestRun::new().fails(|xs| ratios(xs, collect().0), [[1], [2]]);
    }
}
