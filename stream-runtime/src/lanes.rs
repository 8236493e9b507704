//! 64 bytes looked at together: which of them are what becomes the bits of one word, the first byte's
//! lowest.

/// So many bytes.
pub(crate) const LANES: usize = 64;

/// Bytes that are looked at together.
pub(crate) type Lanes = [u8; LANES];

/// Where the newlines are.
#[inline(always)]
pub(crate) fn newlines(lanes: &Lanes) -> u64 {
    bits(lanes, equal(b'\n'))
}

/// Where white space is, as `char::is_whitespace` says of ASCII.
#[inline(always)]
pub(crate) fn spaces(lanes: &Lanes) -> u64 {
    bits(lanes, either(equal(b' '), between(b'\t', b'\r')))
}

/// Where white space is, as `char::is_ascii_whitespace` says: it does not count the vertical tab.
#[inline(always)]
pub(crate) fn ascii_spaces(lanes: &Lanes) -> u64 {
    spaces(lanes) & !bits(lanes, equal(b'\x0b'))
}

/// Where there is a part of a character that is not ASCII.
#[inline(always)]
pub(crate) fn not_ascii(lanes: &Lanes) -> u64 {
    bits(lanes, high())
}

#[cfg(target_arch = "x86_64")]
#[expect(
    unsafe_code,
    reason = "SIMD: an eighth fewer instructions of a whole `grep` than with a call to memchr per line"
)]
mod simd {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128,
        _mm_set1_epi8, _mm_sub_epi8,
    };

    use super::Lanes;

    /// A test of 16 bytes at once: the highest bit of each byte that comes out is the answer.
    pub(super) trait Test: Fn(__m128i) -> __m128i {}

    impl<F: Fn(__m128i) -> __m128i> Test for F {}

    #[inline(always)]
    pub(super) fn equal(byte: u8) -> impl Test {
        // SAFETY: SSE2 belongs to every x86-64 processor.
        move |lanes| unsafe { _mm_cmpeq_epi8(lanes, _mm_set1_epi8(byte as i8)) }
    }

    #[inline(always)]
    pub(super) fn between(first: u8, last: u8) -> impl Test {
        // SAFETY: as above.
        move |lanes| unsafe {
            let above = _mm_sub_epi8(lanes, _mm_set1_epi8(first as i8));
            let bound = _mm_set1_epi8((last - first) as i8);
            _mm_cmpeq_epi8(_mm_min_epu8(above, bound), above)
        }
    }

    #[inline(always)]
    pub(super) fn either(a: impl Test, b: impl Test) -> impl Test {
        // SAFETY: as above.
        move |lanes| unsafe { _mm_or_si128(a(lanes), b(lanes)) }
    }

    #[inline(always)]
    pub(super) fn high() -> impl Test {
        |lanes| lanes
    }

    #[inline(always)]
    pub(super) fn bits(lanes: &Lanes, test: impl Test) -> u64 {
        let (quarters, _) = lanes.as_chunks::<16>();
        let bits = quarters.iter().rev().map(|quarter| {
            // SAFETY: as above; the load needs no alignment and reads the 16 bytes of the array, no
            // more.
            let mask = unsafe { _mm_movemask_epi8(test(_mm_loadu_si128(quarter.as_ptr().cast()))) };
            mask as u16
        });
        bits.fold(0, |bits, quarter| bits << 16 | u64::from(quarter))
    }
}

/// One byte after the other, where there is no SIMD that this crate knows.
#[cfg(not(target_arch = "x86_64"))]
mod simd {
    use super::Lanes;

    pub(super) fn equal(byte: u8) -> impl Fn(u8) -> bool {
        move |other| other == byte
    }

    pub(super) fn between(first: u8, last: u8) -> impl Fn(u8) -> bool {
        move |byte| (first..=last).contains(&byte)
    }

    pub(super) fn either(a: impl Fn(u8) -> bool, b: impl Fn(u8) -> bool) -> impl Fn(u8) -> bool {
        move |byte| a(byte) || b(byte)
    }

    pub(super) fn high() -> impl Fn(u8) -> bool {
        |byte| !byte.is_ascii()
    }

    #[inline(always)]
    pub(super) fn bits(lanes: &Lanes, test: impl Fn(u8) -> bool) -> u64 {
        let lanes = lanes.iter().rev();
        lanes.fold(0, |bits, byte| bits << 1 | u64::from(test(*byte)))
    }
}

use simd::{between, bits, either, equal, high};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_found_in_every_place() {
        for byte in 0..=u8::MAX {
            for place in [0, 1, 15, 16, 40, 63] {
                let mut lanes = [b'x'; LANES];
                lanes[place] = byte;
                let found = |is: bool| u64::from(is) << place;
                assert_eq!(newlines(&lanes), found(byte == b'\n'), "{byte}");
                let is_space = byte.is_ascii() && char::from(byte).is_whitespace();
                assert_eq!(spaces(&lanes), found(is_space), "{byte}");
                assert_eq!(
                    ascii_spaces(&lanes),
                    found(byte.is_ascii_whitespace()),
                    "{byte}"
                );
                assert_eq!(not_ascii(&lanes), found(!byte.is_ascii()), "{byte}");
            }
        }
    }
}
