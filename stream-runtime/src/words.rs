//! Splitting text at white space, inside the loop that uses the words.
//!
//! White space is looked for in 64 bytes at once, and the step to the next word is a count of zero bits.
//! The standard library looks at one character after the other. What comes out is the same, in whatever
//! language the text is.

use std::marker::PhantomData;
use std::str::{SplitAsciiWhitespace, SplitWhitespace};

use crate::lanes::{LANES, Lanes, ascii_spaces, not_ascii, spaces};

/// What says which white space separates words: the iterators of the standard library, as types.
pub trait Separator {
    /// Where the white space in 64 bytes is, as far as it is ASCII.
    fn spaces(lanes: &Lanes) -> u64;

    /// Whether there is other white space.
    const BEYOND_ASCII: bool;
}

impl Separator for SplitWhitespace<'_> {
    #[inline(always)]
    fn spaces(lanes: &Lanes) -> u64 {
        spaces(lanes)
    }

    const BEYOND_ASCII: bool = true;
}

impl Separator for SplitAsciiWhitespace<'_> {
    #[inline(always)]
    fn spaces(lanes: &Lanes) -> u64 {
        ascii_spaces(lanes)
    }

    const BEYOND_ASCII: bool = false;
}

/// The words of a text.
#[derive(Debug, Clone)]
pub struct Words<'b, S> {
    text: &'b str,
    /// Where the 64 bytes begin that are being looked at.
    piece: usize,
    /// The white space in them that was not come to yet.
    spaces: u64,
    /// The first bytes of the next 64 that belong to white space which begins in these.
    carried: u64,
    /// Where the next word begins, or white space before it.
    start: usize,
    separator: PhantomData<fn() -> S>,
}

impl<'b, S: Separator> Words<'b, S> {
    #[inline(always)]
    pub(crate) fn new(text: &'b str) -> Self {
        let mut words = Self {
            text,
            piece: 0,
            spaces: 0,
            carried: 0,
            start: 0,
            separator: PhantomData,
        };
        words.look();
        words
    }

    /// Looks at the 64 bytes from `piece` on, or at as many as there are.
    #[inline(always)]
    fn look(&mut self) {
        let bytes = self.text.as_bytes();
        let (spaces, others) = match bytes.get(self.piece..).and_then(<[u8]>::first_chunk) {
            Some(lanes) => (S::spaces(lanes), not_ascii(lanes)),
            None => self.look_at_end(),
        };
        self.spaces = spaces;
        if S::BEYOND_ASCII && others | self.carried != 0 {
            self.look_beyond_ascii();
        }
    }

    /// The same for the last bytes, of which there are fewer. If there are 64 bytes before their end, these
    /// are looked at, since a load of some other size takes longer.
    #[inline(always)]
    fn look_at_end(&self) -> (u64, u64) {
        let bytes = self.text.as_bytes();
        let left = bytes.len() - self.piece;
        if let Some(lanes) = bytes.last_chunk() {
            let seen_before = (LANES - left) as u32;
            let shifted = |bits: u64| bits.checked_shr(seen_before).unwrap_or(0);
            return (shifted(S::spaces(lanes)), shifted(not_ascii(lanes)));
        }
        let mut lanes = [b'x'; LANES];
        lanes[..left].copy_from_slice(&bytes[self.piece..]);
        (S::spaces(&lanes), not_ascii(&lanes))
    }

    /// Adds the white space that is not ASCII.
    #[cold]
    #[inline(never)]
    fn look_beyond_ascii(&mut self) {
        let mut found = u128::from(self.carried);
        let bytes = self.text.as_bytes()[self.piece..].iter().take(LANES);
        for (offset, byte) in bytes.enumerate() {
            // No other byte begins such a character.
            if matches!(byte, 0xc2 | 0xe1..=0xe3) {
                let rest = &self.text[self.piece + offset..];
                let space = rest.chars().next().filter(|found| found.is_whitespace());
                let len = space.map_or(0, char::len_utf8);
                found |= ((1 << len) - 1) << offset;
            }
        }
        self.spaces |= found as u64;
        self.carried = (found >> LANES) as u64;
    }

    /// The text from `start` to `end`.
    #[inline(always)]
    #[expect(
        unsafe_code,
        reason = "two checks of character boundaries a word are 7 % of the instructions of a word count"
    )]
    fn word(&self, start: usize, end: usize) -> &'b str {
        debug_assert!(self.text.get(start..end).is_some(), "words are whole");
        // SAFETY: `start <= end <= text.len()`. `start` is the beginning of the text or comes after the last
        // byte of white space, and `end` is the end of the text or the first byte of white space. All
        // bytes of a character that is white space are marked, so both are between characters.
        unsafe { self.text.get_unchecked(start..end) }
    }
}

impl<'b, S: Separator> Iterator for Words<'b, S> {
    type Item = &'b str;

    #[inline(always)]
    fn next(&mut self) -> Option<&'b str> {
        loop {
            while self.spaces != 0 {
                let end = self.piece + self.spaces.trailing_zeros() as usize;
                self.spaces &= self.spaces - 1;
                let start = std::mem::replace(&mut self.start, end + 1);
                if start < end {
                    return Some(self.word(start, end));
                }
            }
            let len = self.text.len();
            if self.piece + LANES >= len {
                let start = std::mem::replace(&mut self.start, len);
                return (start < len).then(|| self.word(start, len));
            }
            self.piece += LANES;
            self.look();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) {
        let words: Vec<&str> = Words::<SplitWhitespace<'_>>::new(text).collect();
        assert_eq!(
            words,
            text.split_whitespace().collect::<Vec<_>>(),
            "{text:?}"
        );
        let words: Vec<&str> = Words::<SplitAsciiWhitespace<'_>>::new(text).collect();
        let expected: Vec<&str> = text.split_ascii_whitespace().collect();
        assert_eq!(words, expected, "{text:?}");
    }

    /// Characters of every length, white space of every length, and bytes that look like it.
    const CHARS: [char; 20] = [
        'a', 'z', ' ', '\t', '\n', '\r', '\x0b', '\x0c', '\x1c', '\u{85}', '\u{a0}', '\u{a1}', 'ß',
        '\u{1680}', '\u{2003}', '\u{2028}', '\u{205f}', '\u{3000}', '日', '🦀',
    ];

    #[test]
    fn words_are_those_of_the_standard_library() {
        let lens = if cfg!(miri) { 60..70 } else { 0..200 };
        for len in lens {
            for gap in 1..20 {
                let char = |at: usize| if at % gap == gap - 1 { ' ' } else { 'x' };
                check(&(0..len).map(char).collect::<String>());
            }
        }
    }

    #[test]
    fn words_of_every_language_are_whole() {
        let rounds: u64 = if cfg!(miri) { 20 } else { 20_000 };
        for seed in 0..rounds {
            let mut state = seed;
            let mut char = |_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                CHARS[(state >> 33) as usize % CHARS.len()]
            };
            let len = seed as usize % 150;
            check(&(0..len).map(&mut char).collect::<String>());
        }
    }

    #[test]
    fn white_space_may_lie_across_two_pieces() {
        for before in 58..70 {
            for space in ['\u{85}', '\u{3000}', '\u{2028}'] {
                let text = format!("{}{space}next{space}", "x".repeat(before));
                check(&text);
                check(&text.repeat(3));
            }
        }
    }

    #[test]
    fn an_iterator_that_has_ended_stays_so() {
        let mut words = Words::<SplitWhitespace<'_>>::new("a ");
        assert_eq!(
            [words.next(), words.next(), words.next()],
            [Some("a"), None, None]
        );
    }
}
