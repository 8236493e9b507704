//! Splitting text at line ends, inside the loop that uses the lines.
//!
//! The search begins anew with each line and looks at 64 bytes at once, as the bits of one word. So
//! lines of about the same length take the same number of steps, which the branch predictor
//! learns; to keep the newlines of the 64 bytes for the lines that follow needs fewer instructions,
//! but every few lines a branch that nobody can foresee. And there is no call in it, so that the
//! loop around it keeps its values in registers: with a call per line the same `grep` took an
//! eighth more instructions.

use memchr::memchr_iter;

use crate::lanes::{LANES, newlines};

/// The lines of a text as ranges, without `\n` and `\r\n`. Text behind the last `\n` is a line too.
#[derive(Debug, Clone)]
pub(crate) struct Lines<'b> {
    bytes: &'b [u8],
    /// Where the next line begins.
    start: usize,
}

impl<'b> Lines<'b> {
    #[inline(always)]
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, start: 0 }
    }

    /// The position of the next newline.
    #[inline(always)]
    fn newline(&self) -> Option<usize> {
        let mut at = self.start;
        while let Some(chunk) = self.bytes.get(at..).and_then(<[u8]>::first_chunk) {
            let newlines = newlines(chunk);
            if newlines != 0 {
                return Some(at + newlines.trailing_zeros() as usize);
            }
            at += LANES;
        }
        self.newline_at_end(at)
    }

    /// The first newline of fewer than 64 bytes.
    #[cold]
    #[inline(never)]
    fn newline_at_end(&self, at: usize) -> Option<usize> {
        let found = self.bytes[at..].iter().position(|byte| *byte == b'\n');
        found.map(|offset| at + offset)
    }
}

impl Iterator for Lines<'_> {
    type Item = (usize, usize);

    #[inline(always)]
    fn next(&mut self) -> Option<(usize, usize)> {
        let start = self.start;
        let Some(newline) = self.newline() else {
            self.start = self.bytes.len();
            return (start < self.bytes.len()).then_some((start, self.bytes.len()));
        };
        self.start = newline + 1;
        let returned = newline > start && self.bytes[newline - 1] == b'\r';
        Some((start, newline - usize::from(returned)))
    }
}

/// The lines of a text, as text.
#[derive(Debug, Clone)]
pub(crate) struct StrLines<'b> {
    text: &'b str,
    /// Those of the bytes of `text`.
    lines: Lines<'b>,
}

impl<'b> StrLines<'b> {
    #[inline(always)]
    pub(crate) fn new(text: &'b str) -> Self {
        let lines = Lines::new(text.as_bytes());
        Self { text, lines }
    }
}

impl<'b> Iterator for StrLines<'b> {
    type Item = &'b str;

    #[inline(always)]
    #[expect(
        unsafe_code,
        reason = "two checks of character boundaries per line are a sixteenth of a `grep`"
    )]
    fn next(&mut self) -> Option<&'b str> {
        let (start, end) = self.lines.next()?;
        debug_assert!(
            self.text.get(start..end).is_some(),
            "lines are cut at characters"
        );
        // SAFETY: `start <= end <= text.len()`, and both are at the start or the end of the text
        // or beside an ASCII byte, `\n` or `\r`, which is a character of its own in UTF-8.
        Some(unsafe { self.text.get_unchecked(start..end) })
    }
}

/// The lines that begin in the first bytes of a text. What comes after them may be looked at as well: to look
/// at fewer than 64 bytes takes longer.
#[derive(Debug, Clone)]
pub(crate) struct LinesUpTo<'b> {
    lines: StrLines<'b>,
    end: usize,
}

impl<'b> LinesUpTo<'b> {
    #[inline(always)]
    pub(crate) fn new(text: &'b str, end: usize) -> Self {
        let lines = StrLines::new(text);
        Self { lines, end }
    }
}

impl<'b> Iterator for LinesUpTo<'b> {
    type Item = &'b str;

    #[inline(always)]
    fn next(&mut self) -> Option<&'b str> {
        match self.lines.lines.start < self.end {
            true => self.lines.next(),
            false => None,
        }
    }
}

/// How many lines there are: some 50 µs for a MiB.
pub(crate) fn count(bytes: &[u8]) -> usize {
    let is_cut = bytes.last().is_some_and(|last| *last != b'\n');
    memchr_iter(b'\n', bytes).count() + usize::from(is_cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(text: &str) -> Vec<&str> {
        Lines::new(text.as_bytes())
            .map(|(start, end)| &text[start..end])
            .collect()
    }

    #[test]
    fn lines_are_those_of_the_standard_library() {
        // An interpreter such as Miri takes a while for each byte.
        let (lens, gaps) = if cfg!(miri) { (70, 4) } else { (200, 70) };
        for len in 0..lens {
            for gap in 1..gaps {
                let text: String = (0..len)
                    .map(|at| if at % gap == gap - 1 { '\n' } else { 'x' })
                    .collect();
                assert_eq!(
                    lines_of(&text),
                    text.lines().collect::<Vec<_>>(),
                    "{len} bytes, gap {gap}"
                );
            }
        }
    }

    #[test]
    fn carriage_returns_go_with_their_newline_only() {
        assert_eq!(lines_of("a\r\n\nb\r\r\nc\r"), ["a", "", "b\r", "c\r"]);
        assert_eq!(lines_of(""), [""; 0]);
        assert_eq!(lines_of("\n"), [""]);
        let mut lines = Lines::new(b"a");
        assert_eq!(
            (lines.next(), lines.next(), lines.next()),
            (Some((0, 1)), None, None)
        );
    }
}
