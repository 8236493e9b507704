//! The join in renoir.

use super::{joined, left, right};
use crate::contest::Times;
use crate::peers::{renoir, rows, share};

pub(super) fn run(batches: u64) -> (u64, Times) {
    renoir::run(batches, |context| {
        let left = context
            .stream_par_iter(|thread, _| rows(share(left(), thread as usize)))
            .batch_mode(renoir::messages());
        let right = context
            .stream_par_iter(|thread, _| rows(share(right(), thread as usize)))
            .batch_mode(renoir::messages());
        left.join(right, |(key, _)| *key, |(key, _)| *key)
            .unkey()
            .map(|(key, ((_, l), (_, r)))| joined(key, l, r))
    })
}
