//! The sums of sales in renoir.

use super::{Sale, lines};
use crate::answer::item;
use crate::contest::Times;
use crate::peers::{self, renoir, share};

pub(super) fn run(batches: u64) -> (u64, Times) {
    renoir::run(batches, |context| {
        context
            .stream_par_iter(|thread, _| peers::lines(share(lines(), thread as usize)))
            .batch_mode(renoir::messages())
            .filter_map(Sale::parse)
            .map(|sale| (sale.shop, sale.cents))
            .group_by_reduce(|(shop, _)| *shop, |total, (_, cents)| total.1 += cents)
            .drop_key()
            .map(|(shop, cents)| item(u64::from(shop), cents))
    })
}
