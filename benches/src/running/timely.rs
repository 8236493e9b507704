//! Running counts in timely: a map on each worker.

use std::hash::Hash;

use ::timely::ExchangeData;
use ::timely::dataflow::channels::pact::Exchange;
use ::timely::dataflow::operators::Operator;
use ::timely::dataflow::operators::vec::Map as _;

use super::{MILLION, all_names, keys, names};
use crate::answer::{fnv1a, item};
use crate::by_hand::Map;
use crate::contest::Times;
use crate::data::key64;
use crate::peers::timely::Stream;
use crate::peers::{hash, lines, rows, share, timely};

pub(super) fn of_numbers(batches: u64) -> (u64, Times) {
    let keys = |_, worker| rows(share(keys(MILLION), worker));
    timely::run(batches, keys, |keys| {
        let all = (0..MILLION).map(key64);
        counted(keys, all).map(|(key, count)| item(key, count))
    })
}

pub(super) fn of_names(batches: u64) -> (u64, Times) {
    let names = |_, worker| lines(share(names(), worker));
    timely::run(batches, names, |names| {
        let all = all_names().iter().cloned();
        counted(names.map(str::to_owned), all)
            .map(|(name, count)| item(fnv1a(name.as_bytes()), count))
    })
}

/// Each key with its count after it.
fn counted<'scope, K: Hash + Eq + ExchangeData>(
    keys: Stream<'scope, K>,
    all: impl Iterator<Item = K>,
) -> Stream<'scope, (K, u64)> {
    let (worker, workers) = (keys.scope().index() as u64, keys.scope().peers() as u64);
    let own = all.filter(|key| hash(key) % workers == worker);
    let mut counts: Map<K, u64> = own.map(|key| (key, 0)).collect();
    keys.unary(Exchange::new(hash::<K>), "Count", |_, _| {
        move |keys, output| {
            keys.for_each_stamp(|capability, keys| {
                let counted = keys.flat_map(|keys| keys.drain(..)).map(|key| {
                    let count = counts.get_mut(&key).expect("all keys are there");
                    *count += 1;
                    (key, *count)
                });
                output.session(&capability).give_iterator(counted);
            });
        }
    })
}
