//! Pipelines that remember from batch to batch. Their references are given all batches at once.

use std::collections::BTreeMap;

use stream_runtime::prelude::*;

use crate::harness::{Any, Corpus};
use crate::inputs::pairs;

stream!(
    #[checkpoint]
    fn running_totals(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs
            .update_state_by_key(|values: &[u64], total: Option<u64>| {
                let total = total.unwrap_or(0).wrapping_add(values.iter().sum());
                (total % 3 != 1).then_some(total)
            })
            .to(out);
    }
);

type Pairs = Vec<(String, u64)>;

fn totals(batches: &[Pairs]) -> Vec<Pairs> {
    let mut totals: BTreeMap<String, u64> = BTreeMap::new();
    let batches = batches.iter().map(|batch| {
        for (key, value) in batch {
            let total = totals.entry(key.clone()).or_default();
            *total = total.wrapping_add(*value);
        }
        totals.retain(|_, total| *total % 3 != 1);
        totals.clone().into_iter().collect()
    });
    batches.collect()
}

pub(crate) fn add(corpus: &mut Corpus) {
    corpus.remembering(Any, pairs, running_totals, totals);
}
