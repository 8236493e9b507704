//! Keys: what streams are grouped, combined and joined by.

use std::fmt::Debug;
use std::hash::{BuildHasher, Hash};

use compact_str::CompactString;
use foldhash::fast::FixedState;

mod ends;
mod held;
mod kept;

use ends::Ends;
use held::Borrowed;
pub(crate) use held::Held;
pub use held::Whole;
pub use kept::{DerivedKey, OwnedKey, StateKey};

/// A value that a stream can be keyed by.
///
/// Implemented for integers, `bool`, `char`, strings, byte strings, arrays, `Option`s and tuples
/// of keys; for your own types write `#[derive(Key)]` beside `Clone, PartialEq, Eq, Hash`.
///
/// A table compares digests first. The digest of a string of up to 15 bytes is the string: for the words of
/// a text that settles equality without touching the batch, which is far larger than the cache.
///
/// The hash has a fixed seed, so that a key stays in its partition over restarts. Whoever can
/// choose the keys can therefore make them collide; put a bound on untrusted keys.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use stream_runtime::prelude::*;
/// use stream_runtime::testing::run_batches;
///
/// #[derive(Debug, Clone, PartialEq, Eq, Hash, Key, Serialize, Deserialize)]
/// struct Page {
///     site: String,
///     number: u32,
/// }
///
/// stream!(
///     fn visits(pages: Stream<Page>, out: Sink<(Page, u64)>) {
///         pages.count_by_value().to(out);
///     }
/// );
///
/// let page = Page { site: "a".to_owned(), number: 1 };
/// let rows = run_batches(visits, [[page.clone(), page.clone()]]);
/// assert_eq!(rows, [[(page, 2)]]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a stream",
    label = "the keys here are of type `{Self}`",
    note = "integers, strings and tuples of keys are keys; on a type of your own put `#[derive(Clone, PartialEq, Eq, Hash, Key)]`",
    note = "floating-point numbers are not keys, since NaN differs from itself: use `to_bits()` or round to an integer"
)]
pub trait Key: Clone + Send + Sync {
    /// A few words that stand for the key in a table, and all of its hash that takes long to compute.
    /// Equal keys have equal digests.
    type Digest: Copy + Eq + Debug + Send + Sync;

    /// Whether part of the key is in the batch, and stands there in the order of the records.
    #[doc(hidden)]
    const BORROWS: bool = false;

    /// What a table holds of the key: [`Whole<Self>`](Whole), the key beside its digest, if no less will do.
    #[doc(hidden)]
    type Held: Held<Self>;

    /// The digest of this key.
    fn digest(&self) -> Self::Digest;

    /// The hash of this key, whose digest is at hand: a few instructions. Every bit depends on every
    /// bit of the key.
    fn hash(&self, digest: &Self::Digest) -> u64;

    /// Whether two keys with equal digests are equal.
    fn same(&self, other: &Self) -> bool;

    /// The number that the key is, if it is one; different keys are different numbers. Where those of a
    /// table are near each other, it finds them by their numbers, and needs no hash.
    #[inline(always)]
    fn number(&self) -> Option<u64> {
        None
    }
}

/// Mixes two words into a hash: the halves of their 128-bit product, folded (the "folded multiply"
/// of wyhash and foldhash).
#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Odd constants without structure: digits of pi.
const SEEDS: [u64; 3] = [
    0x243f_6a88_85a3_08d3,
    0x1319_8a2e_0370_7344 | 1,
    0xa409_3822_299f_31d1,
];

/// The hash of one word: the low half of the product depends on the bits below, the high half on
/// those above, and folded, on all.
#[inline(always)]
fn hash_word(word: u64) -> u64 {
    fold(word ^ SEEDS[0], SEEDS[1])
}

/// The hash of any value that is `Hash`: what `#[derive(Key)]` uses.
#[inline]
pub(crate) fn hash_any<T: Hash + ?Sized>(value: &T) -> u64 {
    // The last multiplication spreads what the fast hasher leaves uneven in the high bits.
    fold(FixedState::with_seed(SEEDS[0]).hash_one(value), SEEDS[2])
}

/// Integers and the like are their own digest: the key beside it in the table decides.
macro_rules! words {
    ($($T:ty),+) => {$(
        #[diagnostic::do_not_recommend] // a list of types would say less than the notes
        impl Key for $T {
            type Digest = ();
            type Held = Whole<Self>;

            #[inline(always)]
            fn digest(&self) {}

            #[inline(always)]
            fn hash(&self, (): &()) -> u64 {
                hash_word(*self as u64)
            }

            #[inline(always)]
            fn same(&self, other: &Self) -> bool {
                self == other
            }

            #[inline(always)]
            fn number(&self) -> Option<u64> {
                Some(*self as u64)
            }
        }
    )+};
}

words!(
    u8, u16, u32, u64, usize, i8, i16, i32, i64, isize, bool, char
);

/// Wide integers and composites are hashed as a whole; the hash is their digest.
macro_rules! wholes {
    ($([$($generics:tt)*] $T:ty),+ $(,)?) => {$(
        #[diagnostic::do_not_recommend] // a list of types would say less than the notes
        impl<$($generics)*> Key for $T {
            type Digest = u64;
            type Held = Whole<Self>;

            #[inline]
            fn digest(&self) -> u64 {
                hash_any(self)
            }

            #[inline(always)]
            fn hash(&self, digest: &u64) -> u64 {
                *digest
            }

            #[inline]
            fn same(&self, other: &Self) -> bool {
                self == other
            }
        }
    )+};
}

wholes!(
    [] u128,
    [] i128,
    [] (),
    [T: Eq + Hash + Clone + Send + Sync, const N: usize] [T; N],
    [] std::net::IpAddr,
    [] std::net::Ipv4Addr,
    [] std::net::Ipv6Addr,
    [] std::time::Duration,
    [] crate::time::BatchTime,
);

/// Strings and byte strings, owned and borrowed.
macro_rules! strings {
    ($([$($lifetime:lifetime)?] $T:ty => $Held:ty, $borrows:literal);+) => {$(
        #[diagnostic::do_not_recommend] // a list of types would say less than the notes
        impl $(<$lifetime>)? Key for $T {
            const BORROWS: bool = $borrows;

            type Digest = Ends;
            type Held = $Held;

            #[inline(always)]
            fn digest(&self) -> Ends {
                Ends::of(AsRef::<[u8]>::as_ref(self))
            }

            #[inline(always)]
            fn hash(&self, digest: &Ends) -> u64 {
                digest.hash()
            }

            #[inline(always)]
            fn same(&self, other: &Self) -> bool {
                AsRef::<[u8]>::as_ref(self).len() <= Ends::WHOLE || self == other
            }
        }
    )+};
}

strings!(
    ['b] &'b str => Borrowed<'b, str>, true;
    ['b] &'b [u8] => Borrowed<'b, [u8]>, true;
    [] String => Whole<Self>, false;
    [] CompactString => Whole<Self>, false;
    [] Vec<u8> => Whole<Self>, false
);

/// References to `Copy`-like keys are seldom useful, but `Option` and tuples of keys are.
impl<K: Key> Key for Option<K> {
    const BORROWS: bool = K::BORROWS;

    type Digest = Option<K::Digest>;
    type Held = Whole<Self>;

    #[inline]
    fn digest(&self) -> Self::Digest {
        self.as_ref().map(Key::digest)
    }

    #[inline]
    fn hash(&self, digest: &Self::Digest) -> u64 {
        match (self, digest) {
            (Some(key), Some(digest)) => key.hash(digest).rotate_left(1),
            _ => hash_word(0),
        }
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Some(a), Some(b)) => a.same(b),
            (None, None) => true,
            _ => false,
        }
    }
}

/// Tuples, by component.
macro_rules! tuples {
    ($($K:ident $i:tt),+) => {
        impl<$($K: Key),+> Key for ($($K,)+) {
            const BORROWS: bool = $($K::BORROWS)||+;

            type Digest = ($($K::Digest,)+);
            type Held = Whole<Self>;

            #[inline(always)]
            fn digest(&self) -> Self::Digest {
                ($(self.$i.digest(),)+)
            }

            #[inline(always)]
            fn hash(&self, digest: &Self::Digest) -> u64 {
                let mut hash = 0;
                $(hash = fold(hash ^ self.$i.hash(&digest.$i), SEEDS[2]);)+
                hash
            }

            #[inline(always)]
            fn same(&self, other: &Self) -> bool {
                $(self.$i.same(&other.$i))&&+
            }
        }
    };
}

tuples!(K0 0);
tuples!(K0 0, K1 1);
tuples!(K0 0, K1 1, K2 2);
tuples!(K0 0, K1 1, K2 2, K3 3);

/// The hash of a key.
#[cfg(test)]
fn hash_of<K: Key>(key: &K) -> u64 {
    key.hash(&key.digest())
}

/// The keys fall into this many groups by the high bits of their hash. A group is never divided
/// between two partitions, so it is also the largest useful number of them.
pub(crate) const KEY_GROUPS: u64 = 1 << 16;

/// The group of keys that a hash belongs to.
#[inline(always)]
fn group_of(hash: u64) -> u64 {
    hash >> 48
}

/// The partition of a hash among `partitions`: each has a run of key groups. Tables use other bits.
#[inline(always)]
pub(crate) fn partition_of(hash: u64, partitions: usize) -> usize {
    (group_of(hash) * partitions as u64 / KEY_GROUPS) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal<K: Key>(a: &K, b: &K) -> bool {
        a.digest() == b.digest() && a.same(b)
    }

    #[test]
    fn strings_of_every_length_differ_in_every_byte() {
        for len in 0..40 {
            let word = "x".repeat(len);
            assert!(equal(&word, &word.clone()));
            assert!(!equal(&word, &"x".repeat(len + 1)), "{len}");
            for at in 0..len {
                let mut other = word.clone();
                other.replace_range(at..=at, "y");
                assert!(!equal(&word, &other), "length {len}, byte {at}");
                assert_ne!(hash_of(&word), hash_of(&other), "length {len}, byte {at}");
            }
        }
    }

    #[test]
    fn borrowed_and_owned_strings_hash_alike() {
        for word in [
            "",
            "a",
            "word",
            "longer words",
            "a line that is longer than sixteen bytes",
        ] {
            assert_eq!(hash_of(&word), hash_of(&word.to_owned()));
            assert_eq!(hash_of(&word), hash_of(&word.as_bytes()));
        }
    }

    #[test]
    fn a_key_borrows_if_part_of_it_does() {
        let borrowed = [<&str>::BORROWS, <(u64, Option<&[u8]>)>::BORROWS];
        let owned = [String::BORROWS, <(u64, Option<String>)>::BORROWS];
        assert_eq!((borrowed, owned), ([true; 2], [false; 2]));
    }

    /// How far the fullest of `slots` is above the average, for these hashes.
    fn fullest(hashes: impl Iterator<Item = u64> + Clone, slot: impl Fn(u64) -> usize) -> f64 {
        let mut counts = vec![0u32; 128];
        let total = hashes.inspect(|hash| counts[slot(*hash)] += 1).count();
        let most = counts.into_iter().max().unwrap_or_default();
        f64::from(most) * 128.0 / total as f64
    }

    #[test]
    fn keys_with_a_pattern_spread_in_the_high_bits_the_low_ones_and_between() {
        for shift in 0..52 {
            for step in [1, 3, 10, 1_000, 4_095] {
                let keys = (0..4_096u64).map(|key| (key * step) << shift);
                let hashes = keys.map(hash_word);
                let high = fullest(hashes.clone(), |hash| (hash >> 57) as usize);
                let middle = fullest(hashes.clone(), |hash| (hash >> 32) as usize & 127);
                let low = fullest(hashes, |hash| hash as usize & 127);
                assert!(
                    high < 2.5 && middle < 2.5 && low < 2.5,
                    "shift {shift}, step {step}: {high} {middle} {low}"
                );
            }
        }
    }

    #[test]
    fn hashes_spread_over_partitions() {
        let mut counts = [0u32; 7];
        (0..7_000u64).for_each(|key| counts[partition_of(hash_of(&key), 7)] += 1);
        assert!(
            counts.iter().all(|count| (900..1100).contains(count)),
            "{counts:?}"
        );
        let mut counts = [0u32; 7];
        (0..7_000u64).for_each(|key| counts[partition_of(hash_of(&key.to_string()), 7)] += 1);
        assert!(
            counts.iter().all(|count| (900..1100).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn partitions_are_runs_of_key_groups() {
        let of = |group: u64, partitions| partition_of(group << 48, partitions);
        assert_eq!((of(0, 3), of(65_535, 3)), (0, 2));
        for partitions in [1, 2, 3, 7, 64, 65_536] {
            let runs: Vec<_> = (0..65_536).map(|group| of(group, partitions)).collect();
            assert!(runs.is_sorted());
            assert_eq!(runs.last(), Some(&(partitions - 1)));
        }
    }
}
