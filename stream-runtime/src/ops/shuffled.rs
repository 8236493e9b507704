//! What the operators share that shuffle their records as they are: the joins and the groupings.

use std::marker::PhantomData;

use crate::key::Key;
use crate::parts::{Dealt, Parts};
use crate::site::Site;
use crate::table::Entry;

/// The kernel of an operator `M` that shuffles records as they are, by key; for a join, those of
/// either stream. Each operator adds its `merge`.
///
/// The hash of a key is computed once, when its record is taken in, and travels with it.
#[derive(Debug)]
pub struct Shuffled<M> {
    /// Where the operator stands.
    pub site: Site,
    operator: PhantomData<M>,
}

impl<M> Shuffled<M> {
    /// The kernel of the operator that is being called.
    #[track_caller]
    pub(super) fn here(operator: &'static str) -> Self {
        Self {
            site: Site::here(operator),
            operator: PhantomData,
        }
    }

    /// As many partitions as the job has.
    pub fn width(&self, default: usize) -> usize {
        default
    }

    /// The records of one task, of which about `expected` will come.
    pub fn local<K: Key, V>(&self, expected: usize, _: usize) -> Parts<K, V> {
        Parts::for_tables(expected)
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<K: Key, V>(&self, records: &mut Parts<K, V>, (key, value): (K, V)) {
        records.push(Entry::new(key, value));
    }

    /// Deals the records out to the partitions.
    pub fn finish<K: Key, V>(&self, records: Parts<K, V>, width: usize) -> Vec<Dealt<K, V>> {
        records.deal(width)
    }
}
