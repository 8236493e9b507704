//! Running a pipeline over rows of batches: one row in, one row out.
//!
//! ```
//! use stream_runtime::prelude::*;
//! use stream_runtime::testing::run_batches;
//!
//! stream!(
//!     fn lengths(words: Stream<&str>, out: Sink<usize>) {
//!         words.map(|word| word.len()).to(out);
//!     }
//! );
//!
//! assert_eq!(run_batches(lengths, [vec!["hello"], vec![]]), [vec![5], vec![]]);
//! ```

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Signal};
use crate::engine::SerializingEngine;
use crate::error::{Error, Result};
use crate::job::Job;
use crate::receiver::{Queue, queue};
use crate::sink::{Collect, collect};
use crate::time::BatchTime;

/// How a pipeline under test is run: batches of one second from time zero on a clock that does not
/// wait, two partitions, one thread.
///
/// The methods that run panic when the job fails, except [`try_run`](Self::try_run).
#[derive(Debug, Clone)]
#[must_use = "call one of the methods that run"]
pub struct TestRun {
    partitions: usize,
    threads: usize,
    batch_interval: Duration,
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

    /// Serializes every exchange, as a cluster would.
    pub fn serializing(mut self) -> Self {
        self.serializing = true;
        self
    }

    /// How often a batch is tried.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Runs a pipeline with one input and one sink; gives a row of output for each row of input.
    pub fn run<T, O>(
        &self,
        pipeline: impl FnOnce(Queue<T>, Collect<O>) -> Job,
        rows: impl IntoIterator<Item: IntoIterator<Item = T>>,
    ) -> Vec<Vec<O>>
    where
        O: Clone,
    {
        self.try_run(pipeline, rows)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`run`](Self::run), for jobs that may fail.
    ///
    /// # Errors
    ///
    /// What the job ended with.
    pub fn try_run<T, O: Clone>(
        &self,
        pipeline: impl FnOnce(Queue<T>, Collect<O>) -> Job,
        rows: impl IntoIterator<Item: IntoIterator<Item = T>>,
    ) -> Result<Vec<Vec<O>>> {
        let (out, collected) = collect();
        let (input, batches) = input(rows);
        self.job(pipeline(input, out), batches)?;
        Ok(collected.rows())
    }

    /// Runs a pipeline with two inputs and one sink.
    pub fn run_two<T, U, O: Clone>(
        &self,
        pipeline: impl FnOnce(Queue<T>, Queue<U>, Collect<O>) -> Job,
        left: impl IntoIterator<Item: IntoIterator<Item = T>>,
        right: impl IntoIterator<Item: IntoIterator<Item = U>>,
    ) -> Vec<Vec<O>> {
        let (out, collected) = collect();
        let ((left, left_batches), (right, right_batches)) = (input(left), input(right));
        let job = pipeline(left, right, out);
        self.job(job, left_batches.max(right_batches))
            .unwrap_or_else(|error| panic!("{error}"));
        collected.rows()
    }

    /// Runs a pipeline that has outputs of its own, and gives what it printed.
    pub fn printed<T>(
        &self,
        pipeline: impl FnOnce(Queue<T>) -> Job,
        rows: impl IntoIterator<Item: IntoIterator<Item = T>>,
    ) -> String {
        let (input, batches) = input(rows);
        let console = Captured::default();
        let job = pipeline(input).console(console.clone());
        self.job(job, batches)
            .unwrap_or_else(|error| panic!("{error}"));
        let bytes =
            std::mem::take(&mut *console.bytes.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Runs `job` for `batches` batches with these settings.
    ///
    /// # Errors
    ///
    /// What the job ended with.
    pub fn job(&self, job: Job, batches: u64) -> Result<()> {
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
            .clock(LeapingClock::default())
            .max_batches(batches);
        let job = if self.serializing {
            job.engine(SerializingEngine)
        } else {
            job
        };
        job.run().map(drop)
    }
}

/// Runs a pipeline with one input and one sink with the settings of [`TestRun::new`].
pub fn run_batches<T, O: Clone>(
    pipeline: impl FnOnce(Queue<T>, Collect<O>) -> Job,
    rows: impl IntoIterator<Item: IntoIterator<Item = T>>,
) -> Vec<Vec<O>> {
    TestRun::new().run(pipeline, rows)
}

/// Runs a pipeline with two inputs and one sink with the settings of [`TestRun::new`].
pub fn run_two<T, U, O: Clone>(
    pipeline: impl FnOnce(Queue<T>, Queue<U>, Collect<O>) -> Job,
    left: impl IntoIterator<Item: IntoIterator<Item = T>>,
    right: impl IntoIterator<Item: IntoIterator<Item = U>>,
) -> Vec<Vec<O>> {
    TestRun::new().run_two(pipeline, left, right)
}

/// Runs a pipeline that has outputs of its own with the settings of [`TestRun::new`].
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

/// A manual clock that is moved on by whoever waits for it: a test never sleeps.
#[derive(Debug, Default)]
struct LeapingClock {
    now: Mutex<BatchTime>,
}

impl Clock for LeapingClock {
    fn now(&self) -> BatchTime {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_until(&self, deadline: BatchTime, _: &Signal) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
    }
}

/// A console that keeps what is written to it.
#[derive(Debug, Clone, Default)]
struct Captured {
    bytes: Arc<Mutex<Vec<u8>>>,
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
