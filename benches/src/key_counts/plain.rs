//! As most people would write it.

use std::collections::HashMap;

use super::Keys;
use crate::answer::{item, sum};

pub(super) fn batch(keys: Keys) -> u64 {
    let mut counts: HashMap<u64, u64> = HashMap::new();
    for key in keys.iter().flat_map(|rows| &rows.0) {
        *counts.entry(*key).or_insert(0) += 1;
    }
    sum(counts.iter().map(|(key, count)| item(*key, *count)))
}
