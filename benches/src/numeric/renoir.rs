//! Three stages and a sum in renoir.

use crate::answer::item;
use crate::contest::Times;
use crate::data::numbers;
use crate::peers::{renoir, rows, share};

pub(super) fn run(batches: u64) -> (u64, Times) {
    renoir::run(batches, |context| {
        context
            .stream_par_iter(|thread, _| rows(share(numbers(), thread as usize)))
            .batch_mode(renoir::messages())
            .map(|x| x.wrapping_mul(3).wrapping_add(1))
            .filter(|y| y & 3 != 0)
            .map(|y| (y ^ y >> 7) >> 8)
            .reduce_assoc(u64::wrapping_add)
            .map(|sum| item(0, sum))
    })
}
