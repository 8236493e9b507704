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

/// Counts of the words that go to this worker.
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
                apply(&mut seen.borrow_mut(), word, count * change)
            })
            .probe_with(&probe);
    });
    let (mut answer, share) = (0u64, worker.index());
    let times = (0..batches).map(|batch| {
        let started = Instant::now();
        update(&mut input, batch, share, 1);
        if let Some(oldest) = batch.checked_sub(LENGTH) {
            update(&mut input, oldest, share, -1);
        }
        input.advance_to(batch + 1);
        input.flush();
        worker.step_while(|| probe.less_than(input.time()));
        let counts = counts.borrow();
        let items = counts
            .iter()
            .map(|(word, count)| of_word(word, *count as u64));
        answer = answer.wrapping_add(sum(items));
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

/// A count that is no more comes with a negative sign, so what is left of a word is the sum.
fn apply(counts: &mut Counts, word: &str, change: isize) {
    let count = counts.entry_ref(word).or_insert(0);
    *count += change;
    if *count == 0 {
        counts.remove(word);
    }
}
