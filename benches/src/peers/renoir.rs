//! renoir: each batch is a job of its own, since results come when a stream ends.
//!
//! Threads are started for each job; that takes well under a millisecond. What a job keeps ends with
//! it, so where there is a state all batches are one job, and the clock is read by the source: it goes
//! on only as fast as what is behind it, since the channels are bounded and short.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use renoir::operator::source::IntoParallelSource;
use renoir::operator::{ExchangeData, Operator};
use renoir::prelude::*;

use super::THREADS;
use crate::contest::{Times, timed};

/// Of so many records are the messages between threads; the manual advises fixed sizes for throughput.
pub fn messages() -> BatchMode {
    BatchMode::fixed(1024)
}

/// Runs a job for each batch; it gives items.
pub fn run<O>(batches: u64, job: impl Fn(&StreamContext) -> renoir::Stream<O>) -> (u64, Times)
where
    O: Operator<Out = u64> + 'static,
{
    timed(batches, || answer(&job))
}

/// Runs one job for all batches; it gives items, and its source tells when a batch begins.
pub fn run_as_one<O>(job: impl Fn(&StreamContext, Clock) -> renoir::Stream<O>) -> (u64, Times)
where
    O: Operator<Out = u64> + 'static,
{
    let clock = Clock::default();
    let sum = answer(|context| job(context, clock.clone()));
    clock.tick();
    (sum, clock.times())
}

/// Where one batch ends and the next begins: the source on the first thread reads it.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<Mutex<Vec<Instant>>>);

impl Clock {
    /// What each thread brings in: what comes `before` the batches and is not measured, and its share of
    /// each batch.
    pub fn batches_after<B, R, D>(
        self,
        before: impl Fn(usize, usize) -> B + Clone + Send + 'static,
        batches: u64,
        share: impl Fn(u64, usize) -> R + Clone + Send + 'static,
    ) -> impl IntoParallelSource<Iter = impl Iterator<Item = D> + Send + 'static> + 'static
    where
        B: Iterator<Item = D> + Send + 'static,
        R: Iterator<Item = D> + Send + 'static,
    {
        move |thread, threads| {
            let (thread, threads) = (thread as usize, threads as usize);
            let batch = move |batch| {
                if thread == 0 {
                    self.tick();
                }
                share(batch, thread)
            };
            before(thread, threads).chain((0..batches).flat_map(batch))
        }
    }

    fn tick(&self) {
        self.ticks().push(Instant::now());
    }

    fn times(&self) -> Times {
        self.ticks()
            .windows(2)
            .map(|ticks| ticks[1] - ticks[0])
            .collect()
    }

    fn ticks(&self) -> MutexGuard<'_, Vec<Instant>> {
        self.0.lock().expect("nobody panics")
    }
}

/// Adds the items of a job up.
fn answer<O>(job: impl Fn(&StreamContext) -> renoir::Stream<O>) -> u64
where
    O: Operator<Out = u64> + 'static,
{
    collect(|context| job(context).fold_assoc(0, add, add))[0]
}

fn add(sum: &mut u64, item: u64) {
    *sum = sum.wrapping_add(item);
}

/// Runs a job, and gives what comes of it.
pub fn collect<O>(job: impl FnOnce(&StreamContext) -> renoir::Stream<O>) -> Vec<O::Out>
where
    O: Operator<Out: ExchangeData> + 'static,
{
    let config = RuntimeConfig::local(THREADS as u64).expect("no file is read");
    let context = StreamContext::new(config);
    let results = job(&context).collect_vec();
    context.execute_blocking();
    results.get().expect("this is the only host")
}
