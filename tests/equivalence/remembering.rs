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

stream!(
    /// Each total that a record makes; a total is forgotten when it is a multiple of five, and told
    /// once more when its key was not seen for more than two seconds.
    #[checkpoint]
    fn totals_by_record(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64, bool)>) {
        pairs
            .map_with_state(
                |_, key, value, total| {
                    let is_last = total.is_timing_out();
                    let sum = total
                        .get_option()
                        .unwrap_or(&0u64)
                        .wrapping_add(value.unwrap_or(0));
                    match sum % 5 {
                        _ if is_last => {}
                        0 => total.remove(),
                        _ => total.update(sum),
                    }
                    Some((key, sum, is_last))
                },
                StateSpec::new().timeout(2s),
            )
            .to(out);
    }

    /// The totals of the keys that were not idle for more than a second, after each batch.
    #[checkpoint]
    fn lively_totals(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        let mapped = pairs.map_with_state(
            |_, _, value, total| {
                let total = total.get_or_insert(0u64);
                *total = total.wrapping_add(value.unwrap_or(0));
                None::<()>
            },
            StateSpec::new().time_to_live(1s),
        );
        mapped
            .state_snapshots()
            .reduce_by_key(|total, _| total)
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

/// Totals with the batch in which their key was last seen.
type Seen = BTreeMap<String, (u64, usize)>;

fn by_record(batches: &[Pairs]) -> Vec<Vec<(String, u64, bool)>> {
    let mut totals = Seen::new();
    let batches = batches.iter().enumerate().map(|(number, batch)| {
        let mut out = Vec::new();
        for (key, value) in batch {
            let (total, seen) = totals.entry(key.clone()).or_default();
            (*total, *seen) = (total.wrapping_add(*value), number);
            out.push((key.clone(), *total, false));
            totals.retain(|_, (total, _)| *total % 5 != 0);
        }
        let idle = totals.extract_if(.., |_, (_, seen)| *seen + 2 < number);
        out.extend(idle.map(|(key, (total, _))| (key, total, true)));
        out
    });
    batches.collect()
}

fn lively(batches: &[Pairs]) -> Vec<Pairs> {
    let mut totals = Seen::new();
    let batches = batches.iter().enumerate().map(|(number, batch)| {
        for (key, value) in batch {
            let (total, seen) = totals.entry(key.clone()).or_default();
            (*total, *seen) = (total.wrapping_add(*value), number);
        }
        totals.retain(|_, (_, seen)| *seen + 1 >= number);
        let totals = totals.iter();
        totals
            .map(|(key, (total, _))| (key.clone(), *total))
            .collect()
    });
    batches.collect()
}

pub(crate) fn add(corpus: &mut Corpus) {
    corpus.remembering(Any, pairs, running_totals, totals);
    corpus.remembering(Any, pairs, totals_by_record, by_record);
    corpus.remembering(Any, pairs, lively_totals, lively);
}
