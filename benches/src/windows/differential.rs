//! The sliding word count in differential dataflow: a new batch is inserted, the oldest one is retracted.
//!
//! What comes out are changes of counts; the window itself is kept beside it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use differential_dataflow::input::InputSession;
use differential_dataflow::operators::CountTotal;
use timely::dataflow::ProbeHandle;
use timely::worker::Worker;

use super::kept::{batch_of, slid};
use super::{LENGTH, of_word, text};
use crate::answer::sum;
use crate::by_hand::Map;
use crate::contest::Times;
use crate::peers::timely::{Time, on_workers};
use crate::peers::{lines, share};

/// Counts of the words that go to this worker: a change takes the old count out or puts the new one in, so
/// the sum of them is the count.
type Counts = Map<String, isize>;

pub(super) fn of_words(slides: u64) -> (u64, Times) {
    slid(on_workers(move |worker| count(worker, LENGTH + slides)))
}

fn count(worker: &mut Worker, batches: u64) -> (u64, Times) {
    let mut input = InputSession::<Time, &'static str, isize>::new();
    let counts = Rc::new(RefCell::new(Counts::default()));
    let (probe, seen) = (ProbeHandle::new(), Rc::clone(&counts));
    worker.dataflow(|scope| {
        let words = input
            .to_collection(scope)
            .flat_map(|line| line.split_ascii_whitespace().map(str::to_owned));
        words
            .count_total()
            .inspect(move |((word, count), _, change)| {
                *seen.borrow_mut().entry_ref(word).or_insert(0) += count * change;
            })
            .probe_with(&probe);
    });
    let (mut answer, index) = (0u64, worker.index());
    let times = (0..batches).map(|batch| {
        let started = Instant::now();
        update(&mut input, batch, index, 1);
        if let Some(oldest) = batch.checked_sub(LENGTH) {
            update(&mut input, oldest, index, -1);
        }
        input.advance_to(batch + 1);
        input.flush();
        worker.step_while(|| probe.less_than(input.time()));
        answer = answer.wrapping_add(in_window(&mut counts.borrow_mut()));
        started.elapsed()
    });
    let times = times.collect();
    (answer, times)
}

fn update(
    input: &mut InputSession<Time, &'static str, isize>,
    batch: u64,
    worker: usize,
    change: isize,
) {
    for line in lines(share(batch_of(text(), batch), worker)) {
        input.update(line, change);
    }
}

/// The answer over all words in the window; the others are forgotten.
fn in_window(counts: &mut Counts) -> u64 {
    counts.retain(|_, count| *count != 0);
    let counts = counts.iter();
    sum(counts.map(|(word, count)| of_word(word, *count as u64)))
}
