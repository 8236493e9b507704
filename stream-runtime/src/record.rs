//! Families of records: the same record type at every lifetime.
//!
//! `Stream<&str>` is a stream whose records borrow from the batch's own buffer, each batch with a
//! lifetime of its own. Inputs and sinks outlive batches, so they speak of the *family*:
//! [`Ref<str>`](Ref) for `&str`, [`Val<u64>`](Val) for `u64`, a tuple of families for a tuple.

use std::borrow::Borrow;
use std::fmt::Debug;
use std::marker::PhantomData;

/// A record type with its lifetime left open.
pub trait Family: 'static {
    /// The record as one batch sees it.
    type Of<'b>: Send + Sync;
    /// The record when it has to outlive its batch.
    type Owned: Send + Sync + 'static;

    /// Makes a record independent of its batch.
    fn own(record: &Self::Of<'_>) -> Self::Owned;
}

/// The family of `&U`: records are references into the batch.
#[derive(Debug)]
pub struct Ref<U: ?Sized>(PhantomData<fn(&U)>);

/// The family of `T`: records by value.
#[derive(Debug)]
pub struct Val<T>(PhantomData<fn(T)>);

impl<U: ?Sized + ToOwned<Owned: Send + Sync> + Sync + 'static> Family for Ref<U> {
    type Of<'b> = &'b U;
    type Owned = U::Owned;

    fn own(record: &&U) -> U::Owned {
        (*record).to_owned()
    }
}

impl<T: Clone + Send + Sync + 'static> Family for Val<T> {
    type Of<'b> = T;
    type Owned = T;

    fn own(record: &T) -> T {
        record.clone()
    }
}

/// A stored record of type `Self` can be lent as a record of family `F`.
///
/// A `String` lends a `&str`, anything lends a reference to itself or a clone, tuples lend by
/// component.
pub trait Lend<F: Family> {
    /// Lends the record for the lifetime of a batch.
    fn lend(&self) -> F::Of<'_>;
}

impl<T: Borrow<U>, U> Lend<Ref<U>> for T
where
    U: ?Sized,
    Ref<U>: for<'b> Family<Of<'b> = &'b U>,
{
    #[inline(always)]
    fn lend(&self) -> &U {
        self.borrow()
    }
}

impl<T: Clone + Send + Sync + 'static> Lend<Val<T>> for T {
    #[inline(always)]
    fn lend(&self) -> T {
        self.clone()
    }
}

/// Families and lending for tuples, by component.
macro_rules! tuples {
    ($($F:ident $T:ident $i:tt),+) => {
        impl<$($T, $F: Mode<$T>),+> Mode<($($T,)+)> for ($($F,)+) {
            type Family = ($($F::Family,)+);
        }

        impl<$($F: Family),+> Family for ($($F,)+) {
            type Of<'b> = ($($F::Of<'b>,)+);
            type Owned = ($($F::Owned,)+);

            fn own(record: &Self::Of<'_>) -> Self::Owned {
                ($($F::own(&record.$i),)+)
            }
        }

        impl<$($F: Family, $T: Lend<$F>),+> Lend<($($F,)+)> for ($($T,)+) {
            #[inline(always)]
            fn lend(&self) -> <($($F,)+) as Family>::Of<'_> {
                ($(self.$i.lend(),)+)
            }
        }
    };
}

tuples!(F0 T0 0);
tuples!(F0 T0 0, F1 T1 1);
tuples!(F0 T0 0, F1 T1 1, F2 T2 2);
tuples!(F0 T0 0, F1 T1 1, F2 T2 2, F3 T3 3);

/// How records of type `T` reach a pipeline or leave it: [`Owned`], [`Borrowed`], or for tuples,
/// `Option` and `Vec` by component. It tells the family of `T`.
///
/// The function that [`stream!`](crate::stream) makes of `fn p(lines: Stream<&str>, n: Stream<u64>)`
/// takes `impl Feeds<&'static str, Borrowed>` and `impl Feeds<u64>`.
#[diagnostic::on_unimplemented(
    message = "`{T}` cannot be the record of an input or a sink",
    label = "these records are not `Clone + Send + Sync + 'static`",
    note = "records are handed to other threads, and given again when a batch is tried again"
)]
pub trait Mode<T> {
    /// The family of `T`.
    type Family: Family;
}

/// Records by value.
#[derive(Debug)]
pub struct Owned;

/// Records that are references into the batch.
#[derive(Debug)]
pub struct Borrowed;

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Mode<T> for Owned {
    type Family = Val<T>;
}

#[diagnostic::do_not_recommend]
impl<U: ?Sized + 'static> Mode<&'static U> for Borrowed
where
    Ref<U>: Family,
{
    type Family = Ref<U>;
}

impl<T, M: Mode<T>> Mode<Option<T>> for Option<M> {
    type Family = Option<M::Family>;
}

impl<T, M: Mode<T>> Mode<Vec<T>> for Vec<M> {
    type Family = Vec<M::Family>;
}

impl<F: Family> Family for Option<F> {
    type Of<'b> = Option<F::Of<'b>>;
    type Owned = Option<F::Owned>;

    fn own(record: &Self::Of<'_>) -> Self::Owned {
        record.as_ref().map(F::own)
    }
}

impl<F: Family> Family for Vec<F> {
    type Of<'b> = Vec<F::Of<'b>>;
    type Owned = Vec<F::Owned>;

    fn own(record: &Self::Of<'_>) -> Self::Owned {
        record.iter().map(F::own).collect()
    }
}
