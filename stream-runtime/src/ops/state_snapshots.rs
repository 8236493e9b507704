//! `state_snapshots`: all keys of a `map_with_state` with their states.

use crate::site::Site;
use crate::stream::{Pair, Stream};

impl<T> Stream<T> {
    /// All keys of a [`map_with_state`](Self::map_with_state) with their states, after each batch.
    ///
    /// It follows `map_with_state` directly, or the name that its stream was given, of which other
    /// operators may go on from the mapped records.
    ///
    /// Cost: a visit of every key there is, and a clone of its state, at every batch. Without
    /// `state_snapshots` a `map_with_state` does none of that.
    ///
    /// Shape: narrow. It keeps the partitioning by key.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{run_batches, sorted};
    /// stream!(
    ///     #[checkpoint]
    ///     fn totals(sales: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
    ///         sales
    ///             .map_with_state(|_time, _shop, sale, total| {
    ///                 *total.get_or_insert(0) += sale.unwrap_or(0);
    ///                 None::<()>
    ///             })
    ///             .state_snapshots()
    ///             .to(out);
    ///     }
    /// );
    ///
    /// let rows = sorted(run_batches(totals, [vec![("a", 1), ("b", 2)], vec![("a", 5)], vec![]]));
    /// let row = |a, b| vec![("a".to_owned(), a), ("b".to_owned(), b)];
    /// assert_eq!(rows, [row(1, 2), row(6, 2), row(6, 2)]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "`state_snapshots` follows `map_with_state`": give that a name and start from it.
    #[track_caller]
    pub fn state_snapshots(self) -> (StateSnapshots, Self)
    where
        T: Pair,
    {
        (
            StateSnapshots {
                site: Site::here("state_snapshots"),
            },
            self,
        )
    }
}

/// The kernel of [`Stream::state_snapshots`].
#[derive(Debug, Clone, Copy)]
pub struct StateSnapshots {
    /// Where the operator stands.
    pub site: Site,
}

impl StateSnapshots {
    /// The pair.
    #[inline(always)]
    pub fn apply<T>(&self, pair: T) -> T {
        pair
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, sorted};

    stream!(
        /// The greatest value of each key; keys in their order.
        #[checkpoint]
        fn greatest(pairs: Stream<(u8, i32)>, out: Sink<(u8, i32)>) {
            let mapped = pairs.map_with_state(|_, _, value, state| {
                let greatest = value.max(state.get_option().copied());
                greatest.into_iter().for_each(|value| state.update(value));
                None::<()>
            });
            mapped
                .state_snapshots()
                .filter(|(_, value)| *value > 0)
                .map_values(|value| value * 10)
                .to(out);
        }
    );

    #[test]
    fn every_batch_has_all_keys() {
        for partitions in [1, 2, 5] {
            let run = TestRun::new().partitions(partitions);
            let rows = [
                vec![(1, 5), (2, 0), (1, 3)],
                vec![],
                vec![(2, 1), (1, 6), (3, -1)],
            ];
            assert_eq!(
                sorted(run.run(greatest, rows)),
                [vec![(1, 50)], vec![(1, 50)], vec![(1, 60), (2, 10)]]
            );
        }
    }
}
