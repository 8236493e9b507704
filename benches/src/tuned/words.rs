//! Words of up to fifteen bytes as numbers of sixteen, found by looking at 64 bytes of the text at once.

use super::dictionary::{GROUP, Key};
use super::fold;

/// Up to this many bytes, a word is a number.
const LEN_MAX: usize = 15;

/// The bytes of a word, and in the highest byte how many they are: two words are equal if the numbers
/// are, and nothing points into the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Word([u64; 2]);

impl Word {
    /// The word of `len` bytes that begins at `start`.
    #[inline(always)]
    fn of(text: &[u8], start: usize, len: usize) -> Self {
        let [first, last] = match text.get(start..start + 16).and_then(<[u8]>::as_array) {
            Some(bytes) => halves(bytes),
            None => halves(&last_bytes(&text[start..])),
        };
        let kept = KEPT[len];
        Self([first & kept[0], last & kept[1] | (len as u64) << 56])
    }

    pub(crate) fn len(self) -> usize {
        (self.0[1] >> 56) as usize
    }

    /// Calls `f` with the bytes of the word.
    pub(crate) fn with_bytes<T>(self, f: impl FnOnce(&[u8]) -> T) -> T {
        f(&self.0.map(u64::to_le_bytes).as_flattened()[..self.len()])
    }
}

impl Key for Word {
    #[inline(always)]
    fn hash(self) -> u64 {
        let [first, last] = self.0;
        fold(first ^ 0x243f_6a88_85a3_08d3, last ^ 0x1319_8a2e_0370_7345)
    }
}

/// The bytes of a word of each length; a shift of sixteen bytes would be several instructions.
const KEPT: [[u64; 2]; LEN_MAX + 1] = {
    let (mut kept, mut len) = ([[0; 2]; LEN_MAX + 1], 1);
    while len <= LEN_MAX {
        let bits = u128::MAX >> (128 - 8 * len);
        kept[len] = [bits as u64, (bits >> 64) as u64];
        len += 1;
    }
    kept
};

/// Two words of memory.
#[inline(always)]
fn halves(bytes: &[u8; 16]) -> [u64; 2] {
    let (halves, _) = bytes.as_chunks();
    [u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1])]
}

/// Fewer than sixteen bytes at the end of a text.
#[cold]
#[inline(never)]
fn last_bytes(text: &[u8]) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..text.len()].copy_from_slice(text);
    bytes
}

/// Splits a text at ASCII white space: `short` is called with groups of words of up to fifteen bytes, `long`
/// with the other words.
#[inline(always)]
pub(crate) fn split<'b>(
    text: &'b str,
    mut short: impl FnMut(&[Word]),
    mut long: impl FnMut(&'b str),
) {
    let bytes = text.as_bytes();
    let (pieces, rest) = bytes.as_chunks();
    let mut last = [b' '; 64]; // white space at the end, so that the last word has one, too
    last[..rest.len()].copy_from_slice(rest);
    let (mut group, mut len) = ([Word::default(); GROUP], 0);
    let mut start = 0;
    for (at, piece) in pieces.iter().chain([&last]).enumerate() {
        let mut ends = spaces(piece);
        while ends != 0 {
            let end = at * 64 + ends.trailing_zeros() as usize;
            ends &= ends - 1;
            match end - start {
                0 => {}
                word @ ..=LEN_MAX => {
                    group[len] = Word::of(bytes, start, word);
                    len += 1;
                    if len == GROUP {
                        len = 0;
                        short(&group);
                    }
                }
                _ => long(&text[start..end]),
            }
            start = end + 1;
        }
    }
    short(&group[..len]);
}

/// Which of 64 bytes are white space, the first one's bit the lowest.
#[inline(always)]
#[cfg(target_arch = "x86_64")]
#[expect(
    unsafe_code,
    reason = "what needs SSE2 has no safe form for those who do not say so"
)]
fn spaces(piece: &[u8; 64]) -> u64 {
    // SAFETY: SSE2 belongs to every x86-64 processor.
    unsafe { spaces_by_sse2(piece) }
}

#[inline]
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
fn spaces_by_sse2(piece: &[u8; 64]) -> u64 {
    use std::arch::x86_64::{
        _mm_andnot_si128, _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128,
        _mm_set_epi64x, _mm_set1_epi8, _mm_sub_epi8,
    };
    let (quarters, _) = piece.as_chunks::<16>();
    let mut bits = 0;
    for quarter in quarters.iter().rev() {
        let quarter = u128::from_le_bytes(*quarter);
        let bytes = _mm_set_epi64x((quarter >> 64) as i64, quarter as i64);
        let above_tab = _mm_sub_epi8(bytes, _mm_set1_epi8(b'\t' as i8));
        let controls = _mm_cmpeq_epi8(_mm_min_epu8(above_tab, _mm_set1_epi8(4)), above_tab);
        let vertical = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x0b));
        let blanks = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b' ' as i8));
        let blanks = _mm_or_si128(blanks, _mm_andnot_si128(vertical, controls));
        bits = bits << 16 | _mm_movemask_epi8(blanks) as u64;
    }
    bits
}

/// One byte after the other, elsewhere.
#[cfg(not(target_arch = "x86_64"))]
fn spaces(piece: &[u8; 64]) -> u64 {
    let bytes = piece.iter().rev();
    bytes.fold(0, |bits, byte| {
        bits << 1 | u64::from(byte.is_ascii_whitespace())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of a text, those that are numbers first.
    fn words(text: &str) -> Vec<String> {
        let (mut short, mut long) = (Vec::new(), Vec::new());
        let own = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        split(
            text,
            |words| short.extend(words.iter().map(|word| word.with_bytes(own))),
            |word| long.push(word.to_owned()),
        );
        short.extend(long);
        short
    }

    #[test]
    fn words_are_those_of_the_standard_library() {
        for len in 0..200 {
            for gap in 1..24 {
                let char = |at: usize| {
                    if at % gap == gap - 1 {
                        "\t\n\x0c\r "[at % 5..].chars().next().unwrap()
                    } else {
                        'x'
                    }
                };
                let text: String = (0..len).map(char).collect();
                let expected = text.split_ascii_whitespace();
                let (short, long): (Vec<&str>, Vec<&str>) =
                    expected.partition(|word| word.len() <= LEN_MAX);
                assert_eq!(words(&text), [short, long].concat(), "{text:?}");
            }
        }
        assert_eq!(words("a\x0bb ß\u{3000}日"), ["a\x0bb", "ß\u{3000}日"]);
    }
}
