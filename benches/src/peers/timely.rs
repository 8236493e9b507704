//! timely: each worker has a copy of the dataflow and brings in its share of each batch.
//!
//! A batch is a time. It is over when the probe behind the dataflow says that nothing more can come of
//! this time on any worker. The workers and their dataflow are there before the clock starts.

use std::collections::BTreeMap;
use std::time::Instant;

use timely::Config;
use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::{Exchange, ParallelizationContract, Pipeline};
use timely::dataflow::operators::{Inspect, Operator, Probe};
use timely::dataflow::{InputHandle, ProbeHandle, StreamVec};
use timely::worker::Worker;

use super::{Sum, THREADS};
use crate::contest::Times;

/// The number of a batch, or a time of the records.
pub type Time = u64;

/// A stream of records with times.
pub type Stream<'scope, D> = StreamVec<'scope, Time, D>;

/// Through which a worker brings its share of a batch in.
type Input<D> = InputHandle<Time, CapacityContainerBuilder<Vec<D>>>;

/// Records are brought in by so many, which is quicker than one by one.
const RECORDS_PER_CONTAINER: usize = 1024;

/// After so many of them a worker has a turn, so that few of them queue.
const CONTAINERS_PER_STEP: usize = 8;

/// Runs a dataflow from what a worker has of a batch to items. The time of a batch is its number.
pub fn run<D, R>(
    batches: u64,
    share: impl Fn(u64, usize) -> R + Send + Sync + 'static,
    dataflow: impl for<'scope> Fn(Stream<'scope, D>) -> Stream<'scope, u64> + Send + Sync + 'static,
) -> (u64, Times)
where
    D: Clone + 'static,
    R: Iterator<Item = D>,
{
    run_until(|batch| batch + 1, batches, share, dataflow)
}

/// The same where the records of a batch have times below `end_of` the batch.
pub fn run_until<D, R>(
    end_of: impl Fn(u64) -> Time + Send + Sync + 'static,
    batches: u64,
    share: impl Fn(u64, usize) -> R + Send + Sync + 'static,
    dataflow: impl for<'scope> Fn(Stream<'scope, D>) -> Stream<'scope, u64> + Send + Sync + 'static,
) -> (u64, Times)
where
    D: Clone + 'static,
    R: Iterator<Item = D>,
{
    on_workers(move |worker| {
        let (mut input, answer) = (Input::new(), Answer::default());
        worker.dataflow(|scope| answer.gather(dataflow(input.to_stream(scope))));
        answer.of_batches(worker, batches, |worker, batch| {
            send(worker, &mut input, share(batch, worker.index()));
            input.advance_to(end_of(batch));
            *input.time()
        })
    })
}

/// Runs a dataflow with two inputs.
pub fn run_with_two<D, R>(
    batches: u64,
    share: impl Fn(usize) -> (R, R) + Send + Sync + 'static,
    dataflow: impl for<'scope> Fn(Stream<'scope, D>, Stream<'scope, D>) -> Stream<'scope, u64>
    + Send
    + Sync
    + 'static,
) -> (u64, Times)
where
    D: Clone + 'static,
    R: Iterator<Item = D>,
{
    on_workers(move |worker| {
        let (mut left, mut right, answer) = (Input::new(), Input::new(), Answer::default());
        worker.dataflow(|scope| {
            answer.gather(dataflow(left.to_stream(scope), right.to_stream(scope)))
        });
        answer.of_batches(worker, batches, |worker, batch| {
            let share = share(worker.index());
            send(worker, &mut right, share.1);
            right.advance_to(batch + 1);
            send(worker, &mut left, share.0);
            left.advance_to(batch + 1);
            batch + 1
        })
    })
}

/// Runs a program on each worker. All of them see a batch begin and end; the times are those of one.
pub fn on_workers(
    program: impl Fn(&mut Worker) -> (u64, Times) + Send + Sync + 'static,
) -> (u64, Times) {
    let workers = timely::execute(Config::process(THREADS), program).expect("threads can be had");
    let answers = workers.join().into_iter();
    let answers = answers.map(|answer| answer.expect("nobody panics"));
    answers
        .reduce(|(sum, times), (more, _)| (sum.wrapping_add(more), times))
        .expect("there are workers")
}

fn send<D: Clone + 'static>(
    worker: &mut Worker,
    input: &mut Input<D>,
    mut records: impl Iterator<Item = D>,
) {
    for number in 1.. {
        let mut container: Vec<D> = records.by_ref().take(RECORDS_PER_CONTAINER).collect();
        if container.is_empty() {
            break;
        }
        input.send_batch(&mut container);
        if number % CONTAINERS_PER_STEP == 0 {
            worker.step();
        }
    }
}

/// What a worker has seen of the items.
#[derive(Default)]
struct Answer {
    sum: Sum,
    probe: ProbeHandle<Time>,
}

impl Answer {
    fn gather(&self, items: Stream<'_, u64>) {
        let sum = self.sum.clone();
        items
            .inspect(move |item| sum.add(*item))
            .probe_with(&self.probe);
    }

    /// Brings batches in; `bring_in` gives the time at which nothing of a batch is left.
    fn of_batches(
        &self,
        worker: &mut Worker,
        batches: u64,
        mut bring_in: impl FnMut(&mut Worker, u64) -> Time,
    ) -> (u64, Times) {
        let times = (0..batches).map(|batch| {
            let started = Instant::now();
            let end = bring_in(worker, batch);
            worker.step_while(|| self.probe.less_than(&end));
            started.elapsed()
        });
        let times = times.collect();
        (self.sum.take(), times)
    }
}

/// Folds the records of each batch into a state of its own, and gives its pieces when the batch is over.
pub fn fold_batches<'scope, D, P, S, R>(
    records: Stream<'scope, D>,
    pact: P,
    fold: impl Fn(&mut S, D) + 'static,
    mut pieces: impl FnMut(S) -> R + 'static,
) -> Stream<'scope, R::Item>
where
    D: 'static,
    P: ParallelizationContract<Time, Vec<D>>,
    S: Default + 'static,
    R: IntoIterator<Item: Clone + 'static>,
{
    records.unary_frontier(pact, "FoldBatches", move |_, _| {
        let mut open = BTreeMap::new();
        move |(input, frontier), output| {
            input.for_each_stamp(|capability, containers| {
                if let Some(capability) = capability.retain_least(output.output_index()) {
                    let batch = open.entry(*capability.time());
                    let (_, state) = batch.or_insert_with(|| (capability, S::default()));
                    containers
                        .flat_map(|records| records.drain(..))
                        .for_each(|record| fold(state, record));
                }
            });
            let is_over = |batch: &Time| !frontier.less_equal(batch);
            while let Some(batch) = open.first_entry().filter(|batch| is_over(batch.key())) {
                let (capability, state) = batch.remove();
                output
                    .session(&capability)
                    .give_iterator(pieces(state).into_iter());
            }
        }
    })
}

/// The sum of each batch: first of what a worker has, then of all of them on one.
pub fn sum_batches(numbers: Stream<'_, u64>) -> Stream<'_, u64> {
    let add = |sum: &mut u64, number: u64| *sum = sum.wrapping_add(number);
    let sums = fold_batches(numbers, Pipeline, add, std::iter::once);
    fold_batches(sums, Exchange::new(|_: &u64| 0), add, std::iter::once)
}
