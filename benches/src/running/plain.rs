//! As most people would write it.

use std::collections::HashMap;

use super::{all_names, keys, names};
use crate::answer::{fnv1a, item, sum};
use crate::contest::{Times, timed};
use crate::data::key64;

pub(super) fn of_numbers(batches: u64, there: u64) -> (u64, Times) {
    let mut counts: HashMap<u64, u64> = (0..there).map(|key| (key64(key), 0)).collect();
    timed(batches, || {
        let keys = keys(there).iter().flat_map(|rows| &rows.0);
        sum(keys.map(|key| {
            let count = counts.entry(*key).or_insert(0);
            *count += 1;
            item(*key, *count)
        }))
    })
}

pub(super) fn of_names(batches: u64) -> (u64, Times) {
    let mut counts: HashMap<String, u64> =
        all_names().iter().map(|name| (name.clone(), 0)).collect();
    timed(batches, || {
        let names = names().iter().flat_map(|text| text.as_str().lines());
        sum(names.map(|name| {
            let count = counts.entry(name.to_owned()).or_insert(0);
            *count += 1;
            item(fnv1a(name.as_bytes()), *count)
        }))
    })
}
