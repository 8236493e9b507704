//! The join in timely, by hand, as there is none.

use std::collections::BTreeMap;

use ::timely::dataflow::channels::pact::Exchange;
use ::timely::dataflow::operators::Operator;

use super::{Pair, joined, left, right};
use crate::by_hand::Map;
use crate::contest::Times;
use crate::peers::timely::{Stream, Time};
use crate::peers::{rows, share, timely};

pub(super) fn run(batches: u64) -> (u64, Times) {
    let shares = |worker| (rows(share(left(), worker)), rows(share(right(), worker)));
    timely::run_with_two(batches, shares, join)
}

/// The right side of a batch is a table; the left side waits until that is complete.
fn join<'scope>(left: Stream<'scope, Pair>, right: Stream<'scope, Pair>) -> Stream<'scope, u64> {
    let by_key = || Exchange::new(|(key, _): &Pair| *key);
    left.binary_frontier(right, by_key(), by_key(), "HashJoin", |_, _| {
        let mut tables = BTreeMap::<Time, Map<u64, Vec<u64>>>::new();
        let mut waiting = BTreeMap::new();
        move |(left, left_frontier), (right, right_frontier), output| {
            right.for_each_stamp(|capability, pairs| {
                if let Some(batch) = capability.least() {
                    let table = tables.entry(*batch).or_default();
                    for (key, r) in pairs.flat_map(|pairs| pairs.drain(..)) {
                        table.entry(key).or_default().push(r);
                    }
                }
            });
            left.for_each_stamp(|capability, pairs| {
                if let Some(capability) = capability.retain_least(output.output_index()) {
                    let batch = waiting.entry(*capability.time());
                    let (_, waiting) = batch.or_insert_with(|| (capability, Vec::new()));
                    waiting.extend(pairs.map(std::mem::take));
                }
            });
            waiting.retain(|batch, (capability, waiting)| {
                let is_complete = !right_frontier.less_equal(batch);
                if let (true, Some(table)) = (is_complete, tables.get(batch)) {
                    let waiting = waiting.drain(..).flatten();
                    output
                        .session(capability)
                        .give_iterator(waiting.flat_map(|pair| pairs(pair, table)));
                }
                !is_complete
            });
            tables.retain(|batch, _| left_frontier.less_equal(batch));
        }
    })
}

fn pairs((key, l): Pair, table: &Map<u64, Vec<u64>>) -> impl Iterator<Item = u64> {
    let values = table.get(&key).map_or(&[][..], Vec::as_slice);
    values.iter().map(move |r| joined(key, l, *r))
}
