//! What generated code expects of the types of streams and sinks, before it calls an operator.
//!
//! Each function hands a stream on. If something is not as expected, rustc says so at the user's
//! token, and the result has no type: so rustc does not go on to complain about all that follows.
//! That is what the associated types are for. One mistake is one error.

use std::hash::Hash;

use crate::event::Timed;
use crate::key::hash_any;
use crate::stream::{Sink, Stream};

/// The stream, whose records must be pairs.
pub fn pairs<T: Keyed>(stream: Stream<T>) -> T::Stream {
    T::same(stream)
}

/// A record with a key.
#[diagnostic::on_unimplemented(
    message = "this operator needs a keyed stream: pairs `(key, value)`",
    label = "needs pairs, but the records here are `{Self}`",
    note = "put `.map(|x| (key, x))` or `.key_by(|x| key)` before it"
)]
pub trait Keyed: Sized {
    /// The stream of such records.
    type Stream;
    /// The same stream.
    fn same(stream: Stream<Self>) -> Self::Stream;
}

#[diagnostic::do_not_recommend]
impl<K, V> Keyed for (K, V) {
    type Stream = Stream<(K, V)>;
    fn same(stream: Stream<Self>) -> Stream<Self> {
        stream
    }
}

/// The stream, whose records must have a key and a time.
pub fn timed<T: KeyedInTime>(stream: Stream<T>) -> T::Stream {
    T::same(stream)
}

/// A record with a key and a time.
#[diagnostic::on_unimplemented(
    message = "this operator needs keyed records with a time: pairs `(key, Timed<V>)`",
    label = "needs pairs of a key and a `Timed` value, but the records here are `{Self}`",
    note = "`.event_time(|x| x.at, 5s)` gives records their time, `.key_by(|x| x.key)` after it the key; to change a value and keep its time write `.map_values(|x| x.map(|x| …))`"
)]
pub trait KeyedInTime: Sized {
    /// The stream of such records.
    type Stream;
    /// The same stream.
    fn same(stream: Stream<Self>) -> Self::Stream;
}

#[diagnostic::do_not_recommend]
impl<K, V> KeyedInTime for (K, Timed<V>) {
    type Stream = Stream<(K, Timed<V>)>;
    fn same(stream: Stream<Self>) -> Stream<Self> {
        stream
    }
}

/// `left`, whose keys must be of the same type as those of `right`.
pub fn same_keys<L, R: KeyedLike<L>>(left: L, _right: R) -> R::Left {
    R::left(left)
}

/// A stream with keys of the same type as those of `L`.
#[diagnostic::on_unimplemented(
    message = "these two streams have keys of different types",
    label = "the other stream is a `{L}`, this one is a `{Self}`",
    note = "bring both to one type of key with `.map(|(key, value)| (key.into(), value))`"
)]
pub trait KeyedLike<L> {
    /// The other stream.
    type Left;
    /// The same stream.
    fn left(left: L) -> Self::Left;
}

#[diagnostic::do_not_recommend]
impl<K, V, W> KeyedLike<Stream<(K, V)>> for Stream<(K, W)> {
    type Left = Stream<(K, V)>;
    fn left(left: Stream<(K, V)>) -> Self::Left {
        left
    }
}

/// As long as `L` is not known, it is not to be guessed from what it is compared with.
#[derive(Debug)]
pub enum Unknown {}

#[diagnostic::do_not_recommend]
impl<T> KeyedLike<Unknown> for Stream<T> {
    type Left = Unknown;
    fn left(left: Unknown) -> Unknown {
        left
    }
}

/// `first`, whose records must be of the same type as those of `other`.
pub fn same_records<L, R: RecordsLike<L>>(first: L, _other: R) -> R::First {
    R::first(first)
}

/// A stream with records of the same type as those of `L`.
#[diagnostic::on_unimplemented(
    message = "these two streams have records of different types",
    label = "the other stream is a `{L}`, this one is a `{Self}`",
    note = "bring both to one type of record with `.map(|record| …)`"
)]
pub trait RecordsLike<L> {
    /// The other stream.
    type First;
    /// The same stream.
    fn first(first: L) -> Self::First;
}

#[diagnostic::do_not_recommend]
impl<T> RecordsLike<Stream<T>> for Stream<T> {
    type First = Stream<T>;
    fn first(first: Stream<T>) -> Stream<T> {
        first
    }
}

/// `stream`, whose records must be those that `sink` takes.
pub fn taken_by<S, K: TakesFrom<S>>(stream: S, _sink: K) -> K::Stream {
    K::stream(stream)
}

/// A sink for the records of `S`.
#[diagnostic::on_unimplemented(
    message = "this sink takes records of another type",
    label = "the stream is a `{S}`, this is a `{Self}`",
    note = "change the type of the parameter, or bring the records to it with `.map(|record| …)`"
)]
pub trait TakesFrom<S> {
    /// The stream.
    type Stream;
    /// The same stream.
    fn stream(stream: S) -> Self::Stream;
}

#[diagnostic::do_not_recommend]
impl<T> TakesFrom<Stream<T>> for Sink<T> {
    type Stream = Stream<T>;
    fn stream(stream: Stream<T>) -> Stream<T> {
        stream
    }
}

/// What is passed to a sub-pipeline, which must be a `P`.
pub fn passed<P, A: PassedAs<P>>(argument: A) -> A::Passed {
    argument.same()
}

/// A stream or sink that can be passed to a sub-pipeline for a parameter of type `P`.
#[diagnostic::on_unimplemented(
    message = "this is not what the sub-pipeline takes",
    label = "expected `{P}`, found `{Self}`"
)]
pub trait PassedAs<P> {
    /// The argument.
    type Passed;
    /// The same argument.
    fn same(self) -> Self::Passed;
}

#[diagnostic::do_not_recommend]
impl<P> PassedAs<P> for P {
    type Passed = P;
    fn same(self) -> P {
        self
    }
}

/// A record of which one of several consumers gets a copy.
#[inline(always)]
pub fn shared<T: Shared>(record: &T) -> T {
    record.copy()
}

/// A record that several consumers can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` goes to several consumers, but it is not `Clone`",
    label = "this operator is not the only one that takes these records",
    note = "put `#[derive(Clone)]` on the type, or map the records to what each consumer needs before the stream gets its name"
)]
pub trait Shared {
    /// A clone.
    fn copy(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Shared for T {
    #[inline(always)]
    fn copy(&self) -> T {
        self.clone()
    }
}

/// A copy of a variable of a sub-pipeline, for the closures of one batch.
pub fn variable<T: Variable>(value: &T) -> T {
    value.copy()
}

/// A value that the closures of a sub-pipeline can see.
#[diagnostic::on_unimplemented(
    message = "a sub-pipeline gets a copy of each variable for each batch, but `{Self}` is not `Clone`",
    label = "not `Clone`",
    note = "pass a `Broadcast`, which is shared, not copied"
)]
pub trait Variable {
    /// A clone.
    fn copy(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Variable for T {
    fn copy(&self) -> T {
        self.clone()
    }
}

/// A type that can derive `Key`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot derive `Key`",
    label = "put `#[derive(Clone, PartialEq, Eq, Hash, Key)]`"
)]
pub trait Hashed {
    /// The hash, by way of `Hash`.
    fn hash(&self) -> u64;
    /// Equality, by way of `Eq`.
    fn same(&self, other: &Self) -> bool;
}

#[diagnostic::do_not_recommend]
impl<T: Hash + Eq> Hashed for T {
    #[inline]
    fn hash(&self) -> u64 {
        hash_any(self)
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}
