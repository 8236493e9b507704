//! Tags, which are bits of hashes, compared with one of them together.

#[cfg(target_arch = "x86_64")]
#[expect(
    unsafe_code,
    reason = "SIMD: comparing slot by slot takes 24 instructions more, one in twelve of all that a record with a state takes"
)]
mod simd {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi32, _mm_movemask_epi8, _mm_packs_epi16, _mm_packs_epi32,
        _mm_set_epi32, _mm_set1_epi32, _mm_setzero_si128,
    };

    /// One load.
    #[inline(always)]
    fn load([a, b, c, d]: [u32; 4]) -> __m128i {
        // SAFETY: SSE2 belongs to every x86-64 processor.
        unsafe { _mm_set_epi32(d as i32, c as i32, b as i32, a as i32) }
    }

    /// Which of the tags are `tag`, as bits, the first tag's the lowest.
    #[inline(always)]
    pub(crate) fn equal([a, b, c, d, e, f, g, h]: [u32; 8], tag: u32) -> u32 {
        // SAFETY: as above.
        unsafe {
            let tag = _mm_set1_epi32(tag as i32);
            let low = _mm_cmpeq_epi32(load([a, b, c, d]), tag);
            let high = _mm_cmpeq_epi32(load([e, f, g, h]), tag);
            let equal = _mm_packs_epi16(_mm_packs_epi32(low, high), _mm_setzero_si128());
            _mm_movemask_epi8(equal) as u32
        }
    }
}

/// One tag after the other, where there is no SIMD that this crate knows.
#[cfg(not(target_arch = "x86_64"))]
mod simd {
    /// Which of the tags are `tag`, as bits, the first tag's the lowest.
    #[inline(always)]
    pub(crate) fn equal(tags: [u32; 8], tag: u32) -> u32 {
        let tags = tags.into_iter().rev();
        tags.fold(0, |bits, other| bits << 1 | u32::from(other == tag))
    }
}

pub(super) use simd::equal;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_tag_has_the_lowest_bit() {
        assert_eq!(equal([7, 8, 7, 7, 8, 8, 9, 7], 7), 0b1000_1101);
        assert_eq!(equal([u32::MAX; 8], u32::MAX), 0xff);
        assert_eq!(equal([u32::MAX; 8], u32::MAX - 1), 0);
    }
}
