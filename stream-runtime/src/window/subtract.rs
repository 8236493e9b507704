//! Subtract on evict: for functions with an inverse.

use super::aggregate::Aggregate;

/// Keeps one value: what enters is combined with it, what leaves is taken out by the inverse.
///
/// `inverse(combine(a, b), b)` must be `a`, exactly: with integers it is, with floating-point
/// numbers the error grows for as long as the job runs. `combine` must be commutative, since what
/// leaves was combined first.
///
/// Cost: one call of `combine` for a value that enters, one of `inverse` for one that leaves.
/// Memory: one value. It is as old as incremental aggregation (Tangwongsan, Hirzel, Schneider,
/// Wu, "General incremental sliding-window aggregation", PVLDB 8(7), 2015, call it
/// subtract-on-evict); in Spark it is `reduceByKeyAndWindow` with an `invFunc`.
#[derive(Debug)]
pub struct SubtractOnEvict<F, G> {
    combine: F,
    inverse: G,
}

impl<F, G> SubtractOnEvict<F, G> {
    pub(crate) fn new(combine: F, inverse: G) -> Self {
        Self { combine, inverse }
    }
}

impl<V, F, G> Aggregate<V> for SubtractOnEvict<F, G>
where
    V: Clone + Send + 'static,
    F: Fn(V, V) -> V + Sync,
    G: Fn(V, V) -> V + Sync,
{
    /// An option so that the value can be moved out, combined, and moved back in.
    type Cell = Option<V>;

    #[inline(always)]
    fn combine(&self, a: V, b: V) -> V {
        (self.combine)(a, b)
    }

    fn cell(&self, _: u64) -> Option<V> {
        None
    }

    #[inline(always)]
    fn enter(&self, total: &mut Option<V>, _: u64, value: &V) {
        *total = Some(match total.take() {
            Some(total) => (self.combine)(total, value.clone()),
            None => value.clone(),
        });
    }

    #[inline(always)]
    fn leave(&self, total: &mut Option<V>, _: u64, value: &V) {
        *total = total
            .take()
            .map(|total| (self.inverse)(total, value.clone()));
    }

    #[inline(always)]
    fn result(&self, total: &mut Option<V>, _: u64) -> Option<V> {
        total.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::check;

    #[test]
    fn a_sum_is_that_of_the_window() {
        let sum = SubtractOnEvict::new(u64::wrapping_add, u64::wrapping_sub);
        check::against_naive(&sum, |rng| rng.u64(..), u64::wrapping_add);
    }
}
