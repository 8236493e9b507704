//! What the algorithms have in common.

/// How the values in the panes of a window become one.
///
/// Values enter in the order of time, and leave in the same order. Each comes with the number of the
/// step of the window in which it is: there may be several in a step, or none.
pub trait Aggregate<V>: Sync {
    /// What is kept for the values of one window, or of one key of a window.
    type Cell: Send + 'static;

    /// Two values of the same batch.
    fn combine(&self, a: V, b: V) -> V;

    /// A cell without values. A keyed window gives the hash of the key, so that work which each
    /// cell does from time to time is not done for all keys at the same time.
    fn cell(&self, hash: u64) -> Self::Cell;

    /// Asks for the memory beside a cell, if there is any that [`enter`](Self::enter) will need.
    #[inline(always)]
    fn prefetch(&self, _: &Self::Cell) {}

    /// Takes in a value of step `step`.
    fn enter(&self, cell: &mut Self::Cell, step: u64, value: &V);

    /// Gives up the oldest value, which is of step `step`. There are others.
    fn leave(&self, cell: &mut Self::Cell, step: u64, value: &V);

    /// The aggregate of the window that ends with step `step`, if there is a value in it.
    fn result(&self, cell: &mut Self::Cell, step: u64) -> Option<V>;
}
