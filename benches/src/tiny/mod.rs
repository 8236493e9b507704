//! Batches of a record, of ten, and of a hundred: what a batch costs beside its records.

use std::sync::Arc;

use stream_runtime::Rows;

use crate::contest::{Times, Who, Workload, timed, way};
use crate::data::{Rng, blocks_of_rows, key64};
use crate::key_counts::{hand, pipeline};

fn keys(records: usize) -> Vec<Arc<Rows<u64>>> {
    let mut rng = Rng::new(0x7469_6e79_0000_0000);
    let keys: Vec<u64> = (0..records).map(|_| key64(rng.below(50))).collect();
    blocks_of_rows(&keys)
}

fn counted<const RECORDS: usize>(batches: u64) -> (u64, Times) {
    pipeline::run(&keys(RECORDS), batches, 1)
}

fn counted_by_hand<const RECORDS: usize>(batches: u64) -> (u64, Times) {
    let blocks = keys(RECORDS);
    timed(batches, || hand::one_thread(&blocks))
}

/// The workload with batches of so many records.
pub fn workload<const RECORDS: usize>(name: &'static str) -> Workload {
    Workload {
        name,
        question: "counts by key in batches of very few records",
        records: RECORDS as u64,
        batches: u64::MAX,
        ways: vec![
            way(Who::Stream, 1, counted::<RECORDS>),
            way(Who::Hand, 1, counted_by_hand::<RECORDS>),
        ],
    }
}
