//! The accumulators that come with the crate.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Accumulate, Accumulator};

/// The sum of what was added. Unsigned and signed integers wrap around on overflow.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Sum<T>(T);

macro_rules! sums {
    (|$a:ident, $b:ident| $sum:expr => $($T:ty),+) => {$(
        impl Accumulate for Sum<$T> {
            type Input = $T;
            type Value = $T;

            fn add(&mut self, $b: $T) {
                let $a = self.0;
                self.0 = $sum;
            }

            fn merge(&mut self, other: Self) {
                self.add(other.0);
            }

            fn value(&self) -> $T {
                self.0
            }
        }
    )+};
}

sums!(|a, b| a.wrapping_add(b) => u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);
sums!(|a, b| a + b => f32, f64);

/// How often something was added, whatever it was.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Count(u64);

impl Accumulate for Count {
    type Input = ();
    type Value = u64;

    fn add(&mut self, (): ()) {
        self.0 += 1;
    }

    fn merge(&mut self, other: Self) {
        self.0 += other.0;
    }

    fn value(&self) -> u64 {
        self.0
    }
}

impl Accumulator<Count> {
    /// Adds one: short for `add(())`.
    #[inline]
    pub fn increment(&self) {
        self.add(());
    }
}

/// The mean of what was added; `None` before the first.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Average {
    sum: f64,
    count: u64,
}

impl Accumulate for Average {
    type Input = f64;
    type Value = Option<f64>;

    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    fn merge(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
    }

    fn value(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

/// The least value that was added; `None` before the first.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Min<T>(Option<T>);

/// The greatest value that was added; `None` before the first.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Max<T>(Option<T>);

macro_rules! extremes {
    ($($Extreme:ident $better:tt),+) => {$(
        impl<T> Default for $Extreme<T> {
            fn default() -> Self {
                Self(None)
            }
        }

        impl<T: PartialOrd + Clone + Send + Serialize + DeserializeOwned + 'static> Accumulate for $Extreme<T> {
            type Input = T;
            type Value = Option<T>;

            fn add(&mut self, value: T) {
                if self.0.as_ref().is_none_or(|best| value $better *best) {
                    self.0 = Some(value);
                }
            }

            fn merge(&mut self, other: Self) {
                if let Some(value) = other.0 {
                    self.add(value);
                }
            }

            fn value(&self) -> Option<T> {
                self.0.clone()
            }
        }
    )+};
}

extremes!(Min <, Max >);

/// All values that were added: those of a batch in partition order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Collection<T>(Vec<T>);

impl<T> Default for Collection<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone + Send + Serialize + DeserializeOwned + 'static> Accumulate for Collection<T> {
    type Input = T;
    type Value = Vec<T>;

    fn add(&mut self, value: T) {
        self.0.push(value);
    }

    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    fn value(&self) -> Vec<T> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_takes_in_values() {
        let (min, max) = (
            Accumulator::<Min<i32>>::named("min"),
            Accumulator::<Max<i32>>::named("max"),
        );
        let (count, all) = (
            Accumulator::<Count>::named("count"),
            Accumulator::<Collection<i32>>::named("all"),
        );
        let mean = Accumulator::<Average>::named("mean");
        assert_eq!((min.value(), max.value()), (None, None));
        assert_eq!(mean.value(), None);
        for value in [3, -1, 4] {
            min.add(value);
            max.add(value);
            count.increment();
            all.add(value);
            mean.add(value.into());
        }
        assert_eq!((min.value(), max.value()), (Some(-1), Some(4)));
        assert_eq!((count.value(), mean.value()), (3, Some(2.0)));
        assert_eq!(all.value(), [3, -1, 4]);
    }
}
