//! The sums of sales in timely: each worker sums what it parses, and only the sums go to others.

use ::timely::dataflow::channels::pact::{Exchange, Pipeline};
use ::timely::dataflow::operators::vec::Map as _;

use super::{Sale, lines};
use crate::answer::item;
use crate::by_hand::Map;
use crate::contest::Times;
use crate::peers::timely::fold_batches;
use crate::peers::{self, share, timely};

type Totals = Map<u32, u64>;

pub(super) fn run(batches: u64) -> (u64, Times) {
    let lines = |_, worker| peers::lines(share(lines(), worker));
    timely::run(batches, lines, |lines| {
        let sales = lines
            .flat_map(Sale::parse)
            .map(|sale| (sale.shop, sale.cents));
        let totals = fold_batches(sales, Pipeline, add, |totals| totals);
        let by_shop = Exchange::new(|(shop, _): &(u32, u64)| u64::from(*shop));
        fold_batches(totals, by_shop, add, |totals| totals)
            .map(|(shop, cents)| item(u64::from(shop), cents))
    })
}

fn add(totals: &mut Totals, (shop, cents): (u32, u64)) {
    *totals.entry(shop).or_insert(0) += cents;
}
