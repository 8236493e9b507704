//! Three stages and a sum in timely.

use ::timely::dataflow::operators::vec::{Filter, Map};

use crate::answer::item;
use crate::contest::Times;
use crate::data::numbers;
use crate::peers::{rows, share, timely};

pub(super) fn run(batches: u64) -> (u64, Times) {
    let numbers = |_, worker| rows(share(numbers(), worker));
    timely::run(batches, numbers, |numbers| {
        let numbers = numbers
            .map(|x| x.wrapping_mul(3).wrapping_add(1))
            .filter(|y| y & 3 != 0)
            .map(|y| (y ^ y >> 7) >> 8);
        timely::sum_batches(numbers).map(|sum| item(0, sum))
    })
}
