//! The digest of a string.

use super::{SEEDS, fold, hash_any};

/// The digest of a byte string, with its length: up to 15 bytes as they are, of a longer one a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    first: u64,
    /// The highest byte is the length, or [`LONG`]: then the others are.
    last: u64,
}

/// Where the highest byte begins.
const TOP: u32 = 56;

/// Marks a string that is not whole in its digest.
const LONG: u64 = 0xff << TOP;

impl Ends {
    /// Strings of up to this many bytes are whole.
    pub(super) const WHOLE: usize = 15;

    #[inline(always)]
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes.len() {
            0..4 => Self {
                first: short(bytes),
                last: (bytes.len() as u64) << TOP,
            },
            4..=Self::WHOLE => Self::of_whole(bytes),
            _ => Self::of_long(bytes),
        }
    }

    /// Four words of four bytes, which overlap. Where they stand follows from the length without a branch:
    /// that of a word in a text cannot be foreseen. (So reads wyhash.) From eight bytes on, those that stand
    /// twice are pushed out of `last`, for the length; of fewer, where the shift starts over after 64 bits,
    /// the last four are in there twice, and each of them stays once at least.
    #[inline(always)]
    fn of_whole(bytes: &[u8]) -> Self {
        let (step, end) = (bytes.len() >> 3 << 2, bytes.len() - 4);
        let four = |at: usize| u64::from(u32::from_le_bytes(four_at(bytes, at)));
        let last = four(end - step) | four(end) << 32;
        let twice = 8 * (Self::WHOLE - bytes.len()) as u32;
        Self {
            first: four(0) | four(step) << 32,
            last: (last >> 8).wrapping_shr(twice) | (bytes.len() as u64) << TOP,
        }
    }

    #[cold]
    #[inline(never)]
    fn of_long(bytes: &[u8]) -> Self {
        Self {
            first: hash_any(bytes),
            // No string is so long that its length reaches into the highest byte.
            last: bytes.len() as u64 | LONG,
        }
    }

    /// Whether they are the whole string: then only an equal one has an equal digest.
    #[inline(always)]
    pub(super) fn are_whole(self) -> bool {
        self.last < LONG
    }

    /// The length of the string.
    #[inline(always)]
    pub(super) fn len(self) -> usize {
        let len = match self.are_whole() {
            true => self.last >> TOP,
            false => self.last & !LONG,
        };
        len as usize
    }

    #[inline(always)]
    pub(super) fn hash(self) -> u64 {
        let ends = fold(self.first ^ SEEDS[0], self.last ^ SEEDS[1]);
        fold(ends ^ self.first, SEEDS[2])
    }
}

/// Four bytes from `at` on, which must all be there.
#[inline(always)]
#[expect(
    unsafe_code,
    reason = "checks that the compiler cannot see to be needless are a tenth of the instructions for a word"
)]
fn four_at(bytes: &[u8], at: usize) -> [u8; 4] {
    debug_assert!(at + 4 <= bytes.len(), "{at} is near the end");
    // SAFETY: `at` is one of 0, `step`, `end - step` and `end`, with `end = len - 4` and `step` the multiple
    // of four that `len / 2` is not below: 0 for lengths of 4 to 7, and 4 up to 15. So `step` is at most
    // `end`, and four bytes from `at` on are inside. An array of bytes may be read anywhere.
    unsafe { bytes.as_ptr().add(at).cast::<[u8; 4]>().read() }
}

/// A string of fewer than four bytes as one word; the length is kept beside it.
#[inline(always)]
fn short(bytes: &[u8]) -> u64 {
    match *bytes {
        [a, .., c] => {
            let b = bytes[bytes.len() / 2];
            u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16
        }
        [a] => u64::from(a),
        [] => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each bit of a digest of up to 15 bytes is a bit of the string, or none. So if each bit of the string
    /// changes the digest, it is that of no other string.
    #[test]
    fn a_digest_tells_the_length_and_every_bit() {
        for len in 0..40 {
            let bytes: Vec<u8> = (0..len).map(|at| at ^ 0x5a).collect();
            let ends = Ends::of(&bytes);
            assert_eq!(ends.len(), bytes.len());
            for at in 0..bytes.len() {
                for bit in 0..8 {
                    let mut other = bytes.clone();
                    other[at] ^= 1 << bit;
                    assert_ne!(Ends::of(&other), ends, "length {len}, byte {at}, bit {bit}");
                }
            }
        }
    }
}
