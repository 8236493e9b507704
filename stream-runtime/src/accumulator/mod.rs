//! Accumulators: values that tasks add to and the program reads.
//!
//! A task adds to a frame of its own. The frames of a batch are merged in partition order when the
//! whole batch has succeeded, and thrown away when it has not, so each record counts once however
//! often its task was run, and the result does not depend on which thread was first.

mod frame;
mod kinds;
mod saved;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use frame::Frame;
pub use kinds::{Average, Collection, Count, Max, Min, Sum};
pub use saved::{Saved, Shared};

/// How an accumulator takes in values.
///
/// `merge` must be associative and commutative, and `default()` its neutral element. Neither
/// method may add to another accumulator. What it has taken in is part of a checkpoint, as a whole
/// at each commit, so keep it small.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use stream_runtime::{Accumulate, Accumulator};
///
/// /// The longest line seen.
/// #[derive(Default, Serialize, Deserialize)]
/// struct Longest(String);
///
/// impl Accumulate for Longest {
///     type Input = String;
///     type Value = String;
///     fn add(&mut self, line: String) {
///         if line.len() > self.0.len() { self.0 = line }
///     }
///     fn merge(&mut self, other: Self) {
///         self.add(other.0)
///     }
///     fn value(&self) -> String {
///         self.0.clone()
///     }
/// }
///
/// let longest = Accumulator::<Longest>::named("longest");
/// longest.add("a line".to_owned());
/// longest.add("a longer line".to_owned());
/// assert_eq!(longest.value(), "a longer line");
/// ```
pub trait Accumulate: Default + Serialize + DeserializeOwned + Send + 'static {
    /// What tasks add.
    type Input;
    /// What the program reads.
    type Value;

    /// Takes in one value.
    fn add(&mut self, value: Self::Input);
    /// Takes in all that another has taken in.
    fn merge(&mut self, other: Self);
    /// The present value.
    fn value(&self) -> Self::Value;
}

/// A value that closures of a pipeline add to, and the program reads.
///
/// Clones are handles to the same accumulator. Within a job each record counts exactly once: what
/// a failed batch added is forgotten, and the batch that is run again adds it anew. Closures given
/// to operators and to the methods of a [`Batch`](crate::Batch) are within the job on whatever
/// thread they run. Additions made outside a job, or on threads that a closure starts by itself,
/// count at once.
///
/// Cost: an addition is a look-up in a thread-local list, some 5 ns.
///
/// ```
/// use stream_runtime::prelude::*;
/// use stream_runtime::testing::run_batches;
///
/// stream!(
///     fn parse(words: Stream<&str>, bad: Accumulator<Count>, out: Sink<u64>) {
///         let (numbers, errors) = words.try_map(|word| word.parse::<u64>().map_err(|_| word));
///         numbers.to(out);
///         errors.for_each_batch(|errors, _| errors.for_each(|_| bad.increment()));
///     }
/// );
///
/// let bad = Accumulator::<Count>::named("bad");
/// let counted = bad.clone();
/// let rows = run_batches(|words, out| parse(words, counted, out), [vec!["1", "x"], vec!["2"]]);
/// assert_eq!(rows, [vec![1], vec![2]]);
/// assert_eq!(bad.value(), 1);
/// ```
pub struct Accumulator<A: Accumulate> {
    inner: Arc<Inner<A>>,
}

struct Inner<A> {
    name: String,
    id: usize,
    total: Mutex<A>,
}

impl<A: Accumulate> Accumulator<A> {
    /// An accumulator with nothing in it. The name stands in checkpoints, where
    /// it must differ from those of the pipeline's other accumulators.
    pub fn named(name: impl Into<String>) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            inner: Arc::new(Inner {
                name: name.into(),
                id,
                total: Mutex::default(),
            }),
        }
    }

    /// The name it was made with.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Adds a value.
    #[inline]
    pub fn add(&self, value: A::Input) {
        frame::update(self, |into| into.add(value));
    }

    /// What all completed batches have added. Batches under way are not in it.
    pub fn value(&self) -> A::Value {
        self.total().value()
    }

    fn total(&self) -> MutexGuard<'_, A> {
        self.inner
            .total
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A: Accumulate> Clone for Accumulator<A> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<A: Accumulate> fmt::Debug for Accumulator<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accumulator")
            .field("name", &self.inner.name)
            .finish_non_exhaustive()
    }
}
