//! The engines that pipelines are compared with: how each is handed a batch, and how its time is taken.
//!
//! All are given the same records in memory, borrowed, and the time of a batch ends with its complete
//! answer. An engine that has threads gets two. What belongs to a workload is in its own folder.

pub mod polars;
pub mod renoir;
pub mod timely;

use std::cell::Cell;
use std::hash::{BuildHasher, Hash};
use std::rc::Rc;
use std::sync::Arc;

use stream_runtime::{Rows, Text};

use crate::data::lines_of;

/// How many threads an engine gets.
pub const THREADS: usize = 2;

/// The lines of these blocks.
pub fn lines(blocks: &'static [Arc<Text>]) -> impl Iterator<Item = &'static str> + Send {
    blocks.iter().flat_map(|block| lines_of(block))
}

/// The rows of these blocks, copied.
pub fn rows<T: Copy + Sync + Send>(
    blocks: &'static [Arc<Rows<T>>],
) -> impl Iterator<Item = T> + Send {
    blocks.iter().flat_map(|block| block.0.iter().copied())
}

/// The blocks of a batch that one of the threads of an engine brings in.
pub fn share<B>(blocks: &'static [B], thread: usize) -> &'static [B] {
    let half = blocks.len().div_ceil(THREADS);
    blocks.chunks(half).nth(thread).unwrap_or(&[])
}

/// The hash by which keys are dealt out where an engine asks for a function.
pub fn hash<K: Hash + ?Sized>(key: &K) -> u64 {
    foldhash::fast::FixedState::default().hash_one(key)
}

/// Adds items up on one thread.
#[derive(Debug, Clone, Default)]
pub struct Sum(Rc<Cell<u64>>);

impl Sum {
    /// Adds an item.
    pub fn add(&self, item: u64) {
        self.0.set(self.0.get().wrapping_add(item));
    }

    /// The sum, which is zero from now on.
    pub fn take(&self) -> u64 {
        self.0.take()
    }
}
