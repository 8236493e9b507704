//! As most people would write it.

use std::collections::HashMap;

use super::{joined, left, right};

pub(super) fn batch() -> u64 {
    let mut by_key: HashMap<u64, Vec<u64>> = HashMap::new();
    for (key, value) in right().iter().flat_map(|rows| rows.0.iter().copied()) {
        by_key.entry(key).or_default().push(value);
    }
    let mut sum = 0u64;
    for (key, value) in left().iter().flat_map(|rows| rows.0.iter().copied()) {
        for other in by_key.get(&key).into_iter().flatten() {
            sum = sum.wrapping_add(joined(key, value, *other));
        }
    }
    sum
}
