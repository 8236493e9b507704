//! The search in timely.

use ::timely::dataflow::operators::vec::{Filter, Map};

use super::pattern;
use crate::answer::item;
use crate::contest::Times;
use crate::data::text;
use crate::peers::{lines, share, timely};

pub(super) fn run(batches: u64) -> (u64, Times) {
    let lines = |_, worker| lines(share(text(), worker));
    timely::run(batches, lines, |lines| {
        let pattern = pattern();
        let found = lines.filter(move |line| line.contains(pattern)).map(|_| 1);
        timely::sum_batches(found).map(|count| item(0, count))
    })
}
