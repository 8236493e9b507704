//! By hand.

use rayon::prelude::*;

use crate::answer::item;
use crate::data::numbers;

fn sum_of(rows: &[u64]) -> u64 {
    let mut sum = 0u64;
    for x in rows {
        let y = x.wrapping_mul(3).wrapping_add(1);
        if y & 3 != 0 {
            sum = sum.wrapping_add((y ^ y >> 7) >> 8);
        }
    }
    sum
}

pub(super) fn one_thread() -> u64 {
    let sums = numbers().iter().map(|rows| sum_of(&rows.0));
    item(0, sums.fold(0, u64::wrapping_add))
}

pub(super) fn rayon() -> u64 {
    let sums = numbers().par_iter().map(|rows| sum_of(&rows.0));
    item(0, sums.reduce(|| 0, u64::wrapping_add))
}
