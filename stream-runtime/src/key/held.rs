//! Keys as tables hold them: with their digests.

use std::fmt::{self, Debug};
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;
use std::{slice, str};

use super::{Ends, Key};

/// A key with its digest.
pub trait Held<K: Key>: Clone + Debug + Send + Sync {
    /// Holds a key.
    fn new(key: K) -> Self;

    /// The key, to be seen.
    fn key(&self) -> impl Deref<Target = K>;

    /// The key itself.
    fn into_key(self) -> K;

    /// The hash of the key. What of it takes long is in the digest.
    fn hash(&self) -> u64;

    /// Whether both are the same key.
    fn same(&self, other: &Self) -> bool;
}

/// The key as it is, beside its digest.
#[derive(Clone)]
pub struct Whole<K: Key> {
    digest: K::Digest,
    key: K,
}

impl<K: Key> Held<K> for Whole<K> {
    #[inline(always)]
    fn new(key: K) -> Self {
        let digest = key.digest();
        Self { digest, key }
    }

    #[inline(always)]
    fn key(&self) -> impl Deref<Target = K> {
        &self.key
    }

    #[inline(always)]
    fn into_key(self) -> K {
        self.key
    }

    #[inline(always)]
    fn hash(&self) -> u64 {
        self.key.hash(&self.digest)
    }

    #[inline(always)]
    fn same(&self, other: &Self) -> bool {
        self.digest == other.digest && self.key.same(&other.key)
    }
}

/// Only the digest: not every key can be shown.
impl<K: Key> Debug for Whole<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Whole").field(&self.digest).finish()
    }
}

/// A borrowed string in 24 bytes: its length is in the digest.
pub struct Borrowed<'b, T: ?Sized> {
    ends: Ends,
    start: NonNull<u8>,
    of: PhantomData<&'b T>,
}

impl<T: ?Sized> Clone for Borrowed<'_, T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Borrowed<'_, T> {}

#[expect(unsafe_code, reason = "it stands for a reference, which is both")]
mod threads {
    use super::Borrowed;

    // SAFETY: a `Borrowed` is a `&'b T` without its length. `T` is `str` or `[u8]`, which threads may share.
    unsafe impl<T: ?Sized + Sync> Send for Borrowed<'_, T> {}
    // SAFETY: as above.
    unsafe impl<T: ?Sized + Sync> Sync for Borrowed<'_, T> {}
}

/// What strings are borrowed of.
#[expect(
    unsafe_code,
    reason = "an entry of a word and its count has 32 bytes instead of 40: the peak memory of a word count is a fifth less"
)]
pub trait Bytes {
    fn bytes(&self) -> &[u8];

    /// # Safety
    ///
    /// The bytes are those of a value of this type.
    unsafe fn of(bytes: &[u8]) -> &Self;
}

#[expect(unsafe_code, reason = "declared so")]
impl Bytes for [u8] {
    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self
    }

    #[inline(always)]
    unsafe fn of(bytes: &[u8]) -> &Self {
        bytes
    }
}

#[expect(unsafe_code, reason = "a text was one before, and is long to check")]
impl Bytes for str {
    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }

    #[inline(always)]
    unsafe fn of(bytes: &[u8]) -> &Self {
        // SAFETY: the bytes are those of a `str`, says the caller.
        unsafe { str::from_utf8_unchecked(bytes) }
    }
}

impl<'b, T: Bytes + ?Sized> Borrowed<'b, T> {
    #[inline(always)]
    #[expect(unsafe_code, reason = "the length is in the digest")]
    fn bytes(&self) -> &'b [u8] {
        // SAFETY: `new` is the only place that makes one, from a `&'b T` whose bytes begin at `start`, and
        // whose length is that of their digest.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.ends.len()) }
    }
}

impl<'b, T: Bytes + Sync + ?Sized> Held<&'b T> for Borrowed<'b, T>
where
    &'b T: Key,
{
    #[inline(always)]
    fn new(key: &'b T) -> Self {
        let bytes = key.bytes();
        Self {
            ends: Ends::of(bytes),
            start: NonNull::from(bytes).cast(),
            of: PhantomData,
        }
    }

    #[inline(always)]
    fn key(&self) -> impl Deref<Target = &'b T> {
        Seen(self.into_key())
    }

    #[inline(always)]
    #[expect(unsafe_code, reason = "a key is had back as what it was")]
    fn into_key(self) -> &'b T {
        // SAFETY: the bytes are those of the `T` that `new` was given.
        unsafe { T::of(self.bytes()) }
    }

    #[inline(always)]
    fn hash(&self) -> u64 {
        self.ends.hash()
    }

    #[inline(always)]
    fn same(&self, other: &Self) -> bool {
        self.ends == other.ends && (self.ends.are_whole() || self.bytes() == other.bytes())
    }
}

/// Only the digest, as of other keys.
impl<T: ?Sized> Debug for Borrowed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Borrowed").field(&self.ends).finish()
    }
}

/// A key that is made to be seen.
struct Seen<K>(K);

impl<K> Deref for Seen<K> {
    type Target = K;

    #[inline(always)]
    fn deref(&self) -> &K {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_had_back() {
        for len in 0..40 {
            let text = "ä".repeat(len / 2) + &"x".repeat(len % 2);
            let (whole, borrowed) = (Whole::new(text.clone()), Borrowed::new(text.as_str()));
            assert_eq!((&*whole.key(), *borrowed.key()), (&text, text.as_str()));
            assert_eq!(whole.hash(), borrowed.hash());
            assert_eq!(borrowed.into_key(), text);
            let bytes = Borrowed::new(text.as_bytes());
            assert_eq!(
                (bytes.into_key(), bytes.hash()),
                (text.as_bytes(), whole.hash())
            );
        }
    }

    #[test]
    fn strings_are_the_same_wherever_they_stand_and_differ_in_every_byte() {
        for len in 0..40 {
            let text = "x".repeat(len);
            let copy = text.clone();
            assert!(Borrowed::new(text.as_str()).same(&Borrowed::new(copy.as_str())));
            for at in 0..len {
                let mut other = text.clone();
                other.replace_range(at..=at, "y");
                assert!(!Borrowed::new(text.as_str()).same(&Borrowed::new(other.as_str())));
            }
        }
    }
}
