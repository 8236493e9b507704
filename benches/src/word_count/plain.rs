//! As most people would write it.

use std::collections::HashMap;

use crate::answer::{fnv1a, item, sum};
use crate::data::text;

pub(super) fn batch() -> u64 {
    let mut counts: HashMap<String, u64> = HashMap::new();
    for line in text().iter().flat_map(|text| text.as_str().lines()) {
        for word in line.split_whitespace() {
            *counts.entry(word.to_owned()).or_insert(0) += 1;
        }
    }
    let counts = counts.iter();
    sum(counts.map(|(word, count)| item(fnv1a(word.as_bytes()), *count)))
}
