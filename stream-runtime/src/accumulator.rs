//! Accumulators: values that tasks add to and the program reads.
//!
//! A task adds to a frame of its own. The frames of a batch are merged in partition order when the
//! whole batch has succeeded, and thrown away when it has not, so each record counts once however
//! often its task was run, and the result does not depend on which thread was first.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How an accumulator takes in values.
///
/// `merge` must be associative and commutative, and `default()` its neutral element.
///
/// ```
/// use stream_runtime::{Accumulate, Accumulator};
///
/// /// The longest line seen.
/// #[derive(Default)]
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
pub trait Accumulate: Default + Send + 'static {
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
/// a failed batch added is forgotten, and the batch that is run again adds it anew. Additions made
/// outside a job count at once.
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
///         errors.for_each_batch(|errors, _| errors.for_each(|_| bad.add(())));
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
    /// An accumulator with nothing in it. The name stands in logs and, later, in checkpoints.
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
        FRAMES.with_borrow_mut(|frames| match frames.last_mut() {
            Some(frame) => frame.part(self).add(value),
            None => self.total().add(value),
        });
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

thread_local! {
    /// The frames of the tasks under way on this thread, the present one last. A task may start
    /// another on its own thread while it waits.
    static FRAMES: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) };
}

/// What one task added.
#[derive(Default)]
pub(crate) struct Frame {
    parts: Vec<Box<dyn Part>>,
}

impl Frame {
    /// Runs `task` with a new frame, and hands back what it added, unless it unwinds.
    pub(crate) fn record<O>(task: impl FnOnce() -> O) -> (O, Self) {
        let open = OpenFrame::new();
        let out = task();
        (out, open.close())
    }

    /// Counts all that was added.
    pub(crate) fn commit(self) {
        self.parts.into_iter().for_each(Part::commit);
    }

    fn part<A: Accumulate>(&mut self, accumulator: &Accumulator<A>) -> &mut A {
        let id = accumulator.inner.id;
        let at = self
            .parts
            .iter()
            .position(|part| part.id() == id)
            .unwrap_or_else(|| {
                self.parts.push(Box::new(PartOf {
                    accumulator: accumulator.clone(),
                    added: A::default(),
                }));
                self.parts.len() - 1
            });
        let part: &mut dyn Any = self.parts[at].as_any();
        let part: &mut PartOf<A> = part
            .downcast_mut()
            .expect("an id belongs to one accumulator");
        &mut part.added
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("accumulators", &self.parts.len())
            .finish()
    }
}

/// A frame on this thread's stack; taken off when dropped, so that a panic cannot leave it there.
struct OpenFrame;

impl OpenFrame {
    fn new() -> Self {
        FRAMES.with_borrow_mut(|frames| frames.push(Frame::default()));
        Self
    }

    fn close(self) -> Frame {
        std::mem::forget(self);
        Self::take()
    }

    fn take() -> Frame {
        FRAMES.with_borrow_mut(|frames| frames.pop().unwrap_or_default())
    }
}

impl Drop for OpenFrame {
    fn drop(&mut self) {
        drop(Self::take());
    }
}

/// What a task added to one accumulator.
trait Part: Send {
    fn id(&self) -> usize;
    fn as_any(&mut self) -> &mut dyn Any;
    fn commit(self: Box<Self>);
}

struct PartOf<A: Accumulate> {
    accumulator: Accumulator<A>,
    added: A,
}

impl<A: Accumulate> Part for PartOf<A> {
    fn id(&self) -> usize {
        self.accumulator.inner.id
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn commit(self: Box<Self>) {
        self.accumulator.total().merge(self.added);
    }
}

/// The sum of what was added. Unsigned and signed integers wrap around on overflow.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum<T>(T);

macro_rules! sums {
    ($add:expr => $($T:ty),+) => {$(
        impl Accumulate for Sum<$T> {
            type Input = $T;
            type Value = $T;

            fn add(&mut self, value: $T) {
                let add: fn($T, $T) -> $T = $add;
                self.0 = add(self.0, value);
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
#[derive(Debug, Clone, Copy, Default)]
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

/// The least value that was added; `None` before the first.
#[derive(Debug, Clone, Copy)]
pub struct Min<T>(Option<T>);

/// The greatest value that was added; `None` before the first.
#[derive(Debug, Clone, Copy)]
pub struct Max<T>(Option<T>);

macro_rules! extremes {
    ($($Extreme:ident $better:tt),+) => {$(
        impl<T> Default for $Extreme<T> {
            fn default() -> Self {
                Self(None)
            }
        }

        impl<T: PartialOrd + Clone + Send + 'static> Accumulate for $Extreme<T> {
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
#[derive(Debug, Clone)]
pub struct Collection<T>(Vec<T>);

impl<T> Default for Collection<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone + Send + 'static> Accumulate for Collection<T> {
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
    fn what_a_failed_task_added_is_forgotten() {
        let sum = Accumulator::<Sum<u64>>::named("sum");
        let failed = std::panic::catch_unwind(|| {
            Frame::record(|| {
                sum.add(100);
                panic!("after adding");
            })
        });
        assert!(failed.is_err());
        let ((), frame) = Frame::record(|| sum.add(1));
        assert_eq!(sum.value(), 0, "not before the batch is committed");
        frame.commit();
        assert_eq!(sum.value(), 1);
    }

    #[test]
    fn each_kind_takes_in_values() {
        let (min, max) = (
            Accumulator::<Min<i32>>::named("min"),
            Accumulator::<Max<i32>>::named("max"),
        );
        let (count, all) = (
            Accumulator::<Count>::named("n"),
            Accumulator::<Collection<i32>>::named("all"),
        );
        assert_eq!((min.value(), max.value()), (None, None));
        for value in [3, -1, 2] {
            min.add(value);
            max.add(value);
            count.add(());
            all.add(value);
        }
        assert_eq!(
            (min.value(), max.value(), count.value()),
            (Some(-1), Some(3), 3)
        );
        assert_eq!(all.value(), [3, -1, 2]);
    }
}
