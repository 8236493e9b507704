//! The type of a stream.

use std::fmt;
use std::marker::PhantomData;

/// A stream of records of type `T`, batch by batch.
///
/// In a [`stream!`](crate::stream) this is the type of a parameter and of a named stream; its
/// methods are the operators. A value of it holds nothing: the macro calls each operator once to
/// learn the types, and runs the pipeline as one loop per stage.
#[must_use = "a stream that no output uses does nothing"]
pub struct Stream<T> {
    records: PhantomData<fn() -> T>,
}

impl<T> Stream<T> {
    pub(crate) const fn new() -> Self {
        Self {
            records: PhantomData,
        }
    }
}

impl<T> Clone for Stream<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Stream<T> {}

impl<T> fmt::Debug for Stream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream<{}>", std::any::type_name::<T>())
    }
}

/// A place that takes the records of a stream, as the parameter of a pipeline: `out: Sink<T>`.
///
/// Give records to it with [`to`](Stream::to). What stands behind it is chosen by the caller: see
/// [`crate::sink`].
pub struct Sink<T> {
    records: PhantomData<fn(T)>,
}

impl<T> Sink<T> {
    pub(crate) const fn new() -> Self {
        Self {
            records: PhantomData,
        }
    }
}

impl<T> Clone for Sink<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Sink<T> {}

impl<T> fmt::Debug for Sink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sink<{}>", std::any::type_name::<T>())
    }
}

/// A record with a key: a pair `(key, value)`.
#[diagnostic::on_unimplemented(
    message = "this operator needs a keyed stream: pairs `(key, value)`",
    label = "needs pairs, but the records here are `{Self}`",
    note = "put `.map(|x| (key, x))` or `.key_by(|x| key)` before it"
)]
pub trait Pair {
    /// What the stream is keyed by.
    type Key;
    /// What belongs to the key.
    type Value;

    /// The two halves.
    fn split(self) -> (Self::Key, Self::Value);
}

impl<K, V> Pair for (K, V) {
    type Key = K;
    type Value = V;

    #[inline(always)]
    fn split(self) -> (K, V) {
        self
    }
}
