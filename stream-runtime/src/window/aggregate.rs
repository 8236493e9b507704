//! What the algorithms have in common.

use std::fmt::Debug;

/// How the values in the panes of a window become one.
///
/// Values enter in the order of their panes, and leave in the same order. Panes are known by their
/// numbers, which grow with time; a pane without a value is left out.
pub(crate) trait Aggregate<V>: Sync {
    /// What is kept for the values of one window, or of one key of a window.
    type Cell: Debug + Send;

    /// A cell without values. A keyed window gives the hash of the key, so that work which each
    /// cell does from time to time is not done for all keys at the same time.
    fn cell(&self, hash: u64) -> Self::Cell;

    /// Takes in the value of pane `pane`.
    fn enter(&self, cell: &mut Self::Cell, pane: u64, value: &V);

    /// Gives up the oldest value, that of pane `pane`. There are others.
    fn leave(&self, cell: &mut Self::Cell, pane: u64, value: &V);

    /// Gives up the last value.
    fn clear(&self, cell: &mut Self::Cell);

    /// The aggregate of the window that ends with pane `pane`, if there is a value in it.
    fn result(&self, cell: &mut Self::Cell, pane: u64) -> Option<V>;
}
