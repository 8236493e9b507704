//! Keys that outlive their batch: what keyed state and windows are kept by.

use compact_str::CompactString;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Key;

/// A key that can be kept from batch to batch, written to a checkpoint, and lent to a later batch.
///
/// State is looked up with the key of a record, borrowed as it is, and only a key that is seen for
/// the first time is copied. So a `&str` that points into the batch is kept as a string of 24
/// bytes, which holds up to 24 bytes of text without an allocation.
///
/// Implemented for integers, `bool`, `char`, strings, byte strings, arrays, addresses, `Option`s
/// and tuples of such keys, and for a type of your own that has
/// `#[derive(Clone, PartialEq, Eq, Hash, Key, Serialize, Deserialize)]` and no lifetime.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept as a key from batch to batch",
    label = "what is kept here is kept by keys of type `{Self}`",
    note = "strings, byte strings, integers and tuples of them can be kept; a type of your own needs `#[derive(Clone, PartialEq, Eq, Hash, Key, serde::Serialize, serde::Deserialize)]`",
    note = "a type with a lifetime borrows from its batch: use a tuple of `&str`, or a type that owns its strings"
)]
pub trait StateKey<'b>: Key {
    /// The key without the batch.
    type Owned: OwnedKey;

    /// Makes the key independent of its batch. It has the same hash.
    fn own(&self) -> Self::Owned;

    /// The key as a batch sees it.
    fn lend(owned: &'b Self::Owned) -> Self;

    /// Whether it is the key that is kept as `owned`.
    fn is(&self, owned: &Self::Owned) -> bool;
}

/// What a key is kept as.
pub trait OwnedKey: Key + Serialize + DeserializeOwned + 'static {}

#[diagnostic::do_not_recommend]
impl<K: Key + Serialize + DeserializeOwned + 'static> OwnedKey for K {}

/// A type with `#[derive(Key)]` and without lifetimes.
#[doc(hidden)]
pub trait DerivedKey: Key {}

/// Keys that are kept as they are.
macro_rules! themselves {
    ($([$($generics:tt)*] $T:ty $(where ($($bound:tt)+))?),+ $(,)?) => {$(
        #[diagnostic::do_not_recommend] // a list of types would say less than the notes
        impl<'b, $($generics)*> StateKey<'b> for $T $(where $($bound)+)? {
            type Owned = Self;

            #[inline(always)]
            fn own(&self) -> Self {
                self.clone()
            }

            #[inline(always)]
            fn lend(owned: &'b Self) -> Self {
                owned.clone()
            }

            #[inline(always)]
            fn is(&self, owned: &Self) -> bool {
                self == owned
            }
        }
    )+};
}

themselves!(
    [] u8, [] u16, [] u32, [] u64, [] u128, [] usize,
    [] i8, [] i16, [] i32, [] i64, [] i128, [] isize,
    [] bool, [] char, [] (),
    [] std::net::IpAddr,
    [] std::net::Ipv4Addr,
    [] std::net::Ipv6Addr,
    [] std::time::Duration,
    [] crate::time::BatchTime,
    [] Vec<u8>,
    [T, const N: usize] [T; N] where ([T; N]: OwnedKey + Eq),
    [T] T where (T: DerivedKey + OwnedKey + Eq),
);

/// Text, owned and borrowed, is kept as short strings that need no allocation.
macro_rules! texts {
    ($($T:ty, $lend:ident);+) => {$(
        #[diagnostic::do_not_recommend]
        impl<'b> StateKey<'b> for $T {
            type Owned = CompactString;

            #[inline]
            fn own(&self) -> CompactString {
                CompactString::new(self)
            }

            #[inline(always)]
            fn lend(owned: &'b CompactString) -> Self {
                owned.$lend()
            }

            #[inline(always)]
            fn is(&self, owned: &CompactString) -> bool {
                *self == owned.as_str()
            }
        }
    )+};
}

texts!(&'b str, as_str; String, to_string; CompactString, clone);

#[diagnostic::do_not_recommend]
impl<'b> StateKey<'b> for &'b [u8] {
    type Owned = Vec<u8>;

    #[inline]
    fn own(&self) -> Vec<u8> {
        self.to_vec()
    }

    #[inline(always)]
    fn lend(owned: &'b Vec<u8>) -> Self {
        owned
    }

    #[inline(always)]
    fn is(&self, owned: &Vec<u8>) -> bool {
        *self == owned.as_slice()
    }
}

#[diagnostic::do_not_recommend]
impl<'b, K: StateKey<'b>> StateKey<'b> for Option<K> {
    type Owned = Option<K::Owned>;

    #[inline]
    fn own(&self) -> Self::Owned {
        self.as_ref().map(K::own)
    }

    #[inline]
    fn lend(owned: &'b Self::Owned) -> Self {
        owned.as_ref().map(K::lend)
    }

    #[inline]
    fn is(&self, owned: &Self::Owned) -> bool {
        match (self, owned) {
            (Some(key), Some(owned)) => key.is(owned),
            (None, None) => true,
            _ => false,
        }
    }
}

/// Tuples, by component.
macro_rules! tuples {
    ($($K:ident $i:tt),+) => {
        #[diagnostic::do_not_recommend]
        impl<'b, $($K: StateKey<'b>),+> StateKey<'b> for ($($K,)+) {
            type Owned = ($($K::Owned,)+);

            #[inline(always)]
            fn own(&self) -> Self::Owned {
                ($(self.$i.own(),)+)
            }

            #[inline(always)]
            fn lend(owned: &'b Self::Owned) -> Self {
                ($($K::lend(&owned.$i),)+)
            }

            #[inline(always)]
            fn is(&self, owned: &Self::Owned) -> bool {
                $(self.$i.is(&owned.$i))&&+
            }
        }
    };
}

tuples!(K0 0);
tuples!(K0 0, K1 1);
tuples!(K0 0, K1 1, K2 2);
tuples!(K0 0, K1 1, K2 2, K3 3);

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::key::hash_of;

    /// A key of a type of the user's.
    #[derive(Debug, Clone, PartialEq, Eq, Hash, crate::Key, Serialize, Deserialize)]
    struct Page<T> {
        site: T,
        number: u32,
    }

    fn kept<'b, K: StateKey<'b> + Debug + PartialEq>(key: K, other: K, owned: &'b K::Owned) {
        assert!(key.is(owned) && !other.is(owned), "{key:?}");
        assert!(key.is(&key.own()));
        assert_eq!(K::lend(owned), key);
        assert_eq!(hash_of(&key), hash_of(owned), "{key:?}");
    }

    fn check<K: for<'b> StateKey<'b, Owned = O> + Debug + PartialEq, O: OwnedKey>(
        key: K,
        other: K,
    ) {
        kept(key.clone(), other, &key.own());
    }

    #[test]
    fn keys_that_are_kept_hash_and_compare_as_before() {
        check(5u64, 6);
        check([1u8, 2], [2, 1]);
        check("word".to_owned(), "other".to_owned());
        check(Some(3u32), None);
        check((1u8, "a".to_owned()), (1, "b".to_owned()));
        let page = |site: &str| Page {
            site: site.to_owned(),
            number: 1,
        };
        check(page("a"), page("b"));
        check((page("a"), true), (page("a"), false));
    }

    #[test]
    fn borrowed_keys_lend_what_is_kept() {
        kept("word", "other", &CompactString::new("word"));
        let long = "a text that is longer than twenty-four bytes";
        kept(long, "a", &CompactString::new(long));
        kept(&b"word"[..], b"other", &b"word".to_vec());
        kept((Some("a"), 7u32), (None, 7), &(Some("a".into()), 7));
    }

    #[test]
    fn text_is_kept_the_same_whether_it_was_owned_or_borrowed() {
        assert_eq!(size_of::<CompactString>(), 24);
        assert_eq!("word".own(), "word".to_owned().own());
    }
}
