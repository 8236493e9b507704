//! What is kept of a key: the value of a stretch of time.

use serde::{Deserialize, Serialize};

use crate::time::BatchTime;

/// The value of what happened from `start` on and before `end`. The cells of a key stand in the
/// order of time and do not overlap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell<V> {
    pub(super) start: BatchTime,
    pub(super) end: BatchTime,
    pub(super) value: V,
    /// Whether this batch has changed it. No batch ends with it.
    #[serde(skip)]
    pub(super) is_changed: bool,
}

impl<V> Cell<V> {
    /// A cell that was changed.
    pub(super) fn new(start: BatchTime, end: BatchTime, value: V) -> Self {
        Self {
            start,
            end,
            value,
            is_changed: true,
        }
    }
}
