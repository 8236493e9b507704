//! Each record counts once, on any number of threads, however often its batch is tried.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use stream_runtime::prelude::*;
use stream_runtime::sink;
use stream_runtime::testing::{TestRun, run_output};

/// Enough for stages and batches to run in parallel.
const RECORDS: u64 = 10_000;
const PARTITIONS: usize = 8;
/// A record of the last partition, so that all others have been counted when it is met.
const BAD: u64 = RECORDS - 1;

/// Panics at one place, once, at the record `BAD`.
#[derive(Clone)]
struct Fault {
    place: &'static str,
    armed: Arc<AtomicBool>,
}

impl Fault {
    fn at(place: &'static str) -> Self {
        let armed = Arc::new(AtomicBool::new(true));
        Self { place, armed }
    }

    fn strike(&self, place: &str, record: u64) {
        if place == self.place && record == BAD && self.armed.swap(false, Ordering::SeqCst) {
            panic!("struck in {place}");
        }
    }

    fn has_struck(&self) -> bool {
        !self.armed.load(Ordering::SeqCst)
    }
}

#[derive(Clone)]
struct Seen {
    in_map: Accumulator<Count>,
    in_batch: Accumulator<Sum<u64>>,
    in_output: Accumulator<Collection<u64>>,
}

impl Seen {
    fn nothing() -> Self {
        Self {
            in_map: Accumulator::named("map"),
            in_batch: Accumulator::named("batch"),
            in_output: Accumulator::named("output"),
        }
    }
}

stream!(
    /// Counts in a fused stage, in the tasks of a batch, in an output, and can fail in each.
    fn counted(xs: Stream<u64>, seen: Seen, fault: Fault, out: Sink<u64>) {
        let mapped = xs.map(|x| {
            seen.in_map.increment();
            fault.strike("stage", x);
            x
        });
        let transformed = mapped.transform(|batch| {
            batch.map(|x| {
                seen.in_batch.add(x);
                fault.strike("batch", x);
                x
            })
        });
        transformed.for_each_batch(|batch, _time| {
            batch.for_each(|x| {
                seen.in_output.add(x);
                fault.strike("output", x);
            });
        });
        transformed.to(out);
    }
);

#[test]
fn a_batch_that_fails_once_counts_each_record_once() {
    let batches = || [vec![7], (0..RECORDS).collect(), vec![], vec![8]];
    let all: Vec<u64> = batches().concat();
    for place in ["stage", "batch", "output", "sink"] {
        for threads in [1, 2, 4] {
            let (seen, fault) = (Seen::nothing(), Fault::at(place));
            let struck = fault.clone();
            let out = sink::from_fn(move |_time, partitions: &[Vec<u64>]| {
                partitions
                    .iter()
                    .flatten()
                    .for_each(|x| struck.strike("sink", *x));
                Ok(())
            });
            let run = TestRun::new()
                .partitions(PARTITIONS)
                .threads(threads)
                .attempts(2);
            run.printed(
                |xs| counted(xs, seen.clone(), fault.clone(), out),
                batches(),
            );
            let case = format!("a fault in the {place}, {threads} threads");
            assert!(fault.has_struck(), "{case}");
            assert_eq!(seen.in_map.value(), all.len() as u64, "{case}");
            assert_eq!(seen.in_batch.value(), all.iter().sum::<u64>(), "{case}");
            // A collection stands in the order of the partitions, whichever thread was first.
            assert!(seen.in_output.value() == all, "{case}");
        }
    }
}

#[test]
fn a_batch_that_fails_for_good_counts_nothing() {
    for threads in [1, 2, 4] {
        let (seen, fault) = (Seen::nothing(), Fault::at("output"));
        let run = TestRun::new().partitions(PARTITIONS).threads(threads);
        let out = sink::lines(std::io::sink());
        run.fails(
            |xs| counted(xs, seen.clone(), fault, out),
            [vec![7, 8], (0..RECORDS).collect()],
        );
        assert_eq!(seen.in_map.value(), 2);
        assert_eq!(seen.in_batch.value(), 15);
        assert_eq!(seen.in_output.value(), [7, 8]);
    }
}

stream!(
    fn measured(
        xs: Stream<u64>,
        least: Accumulator<Min<u64>>,
        greatest: Accumulator<Max<u64>>,
        mean: Accumulator<Average>,
    ) {
        let measured = xs.inspect(|x| {
            least.add(*x);
            greatest.add(*x);
            mean.add(*x as f64);
        });
        measured.for_each_batch(|batch, _| drop(batch));
    }
);

#[test]
fn a_job_can_be_watched_from_outside() {
    let (least, greatest, mean) = (
        Accumulator::named("least"),
        Accumulator::named("greatest"),
        Accumulator::named("mean"),
    );
    run_output(
        |xs| measured(xs, least.clone(), greatest.clone(), mean.clone()),
        [vec![4, 2], vec![], vec![9, 5]],
    );
    assert_eq!((least.value(), greatest.value()), (Some(2), Some(9)));
    assert_eq!(mean.value(), Some(5.0));
}
