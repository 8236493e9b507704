//! As most people would write it.

use crate::answer::{item, sum};
use crate::data::numbers;

pub(super) fn batch() -> u64 {
    let xs = numbers().iter().flat_map(|rows| &rows.0);
    let ys = xs.map(|x| x.wrapping_mul(3).wrapping_add(1));
    let zs = ys.filter(|y| y & 3 != 0).map(|y| (y ^ y >> 7) >> 8);
    item(0, sum(zs))
}
