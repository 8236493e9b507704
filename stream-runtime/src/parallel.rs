//! Tasks over the parts of a whole, from within a task.

use rayon::prelude::*;

use crate::accumulator::Frame;
use crate::engine::INLINE_RECORDS;
use crate::tasks::{self, Task};

/// Runs `task` on each part and gives the results in the order of the parts: in parallel on the
/// pool of the present thread, if there are `records` enough to be worth it.
///
/// What the tasks add to accumulators belongs to the task that calls this, in the order of the
/// parts, so that it counts if and only if that one does. A panic of a task goes on in the caller.
pub(crate) fn run<P: Send, O: Send>(
    records: usize,
    parts: Vec<P>,
    task: impl Fn(P) -> O + Sync,
) -> Vec<O> {
    let mut outputs = Vec::with_capacity(parts.len());
    let mut run = |tasks: Vec<Task<'_>>| {
        run_all(records, tasks);
        Ok(())
    };
    let Ok(()) = tasks::run::<_, _, std::convert::Infallible>(
        parts,
        |_, part| task(part),
        &mut run,
        |output| outputs.push(output),
    );
    outputs
}

fn run_all(records: usize, tasks: Vec<Task<'_>>) {
    if tasks.len() <= 1 || records < INLINE_RECORDS {
        return tasks.into_iter().rev().for_each(|task| task());
    }
    let tasks = tasks.into_par_iter().rev().with_max_len(1);
    let done: Vec<Frame> = tasks.map(|task| Frame::record(task).1).collect();
    done.into_iter().for_each(Frame::commit);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accumulator::{Accumulator, Collection};

    #[test]
    fn results_and_additions_come_in_the_order_of_the_parts() {
        for records in [0, INLINE_RECORDS] {
            let seen = Accumulator::<Collection<u64>>::named("seen");
            let task = |part: u64| {
                seen.add(part);
                part * 2
            };
            let (results, frame) = Frame::record(|| run(records, (0..50).collect(), task));
            assert!(results.into_iter().eq((0..50).map(|part| part * 2)));
            assert!(seen.value().is_empty(), "the calling task is not committed");
            frame.commit();
            assert!(seen.value().into_iter().eq(0..50));
        }
    }

    #[test]
    fn a_panic_in_a_task_forgets_what_all_of_them_added() {
        let seen = Accumulator::<Collection<u64>>::named("seen");
        let failed = std::panic::catch_unwind(|| {
            run(INLINE_RECORDS, (0..50).collect(), |part: u64| {
                seen.add(part);
                assert!(part != 30, "no");
            })
        });
        assert!(failed.is_err());
        assert!(seen.value().is_empty());
    }
}
