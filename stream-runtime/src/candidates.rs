//! Lines in which a string may be, found by a search through the whole text.
//!
//! To find the end of each line, and to search each line, takes twice as long if most lines do not have the
//! string. Where many have it, it is the other way round: a search has a cost each time that it begins. So
//! there the lines are given without a search.

use std::ops::Range;

use memchr::memmem::Finder;
use memchr::{memchr, memrchr};

use crate::lines::{self, LinesUpTo};

/// About how many bytes are searched at once: they are still in the cache when their lines are counted.
const PIECE: usize = 128 << 10;

/// A search pays as long as less than one line in five is found. So many lines may come too soon before the
/// rest of a piece is given without a search.
const CROWD: usize = 8;

/// At least the lines in which there is a string, in runs, each with how many more lines are left out by
/// now. They are counted at the end of a piece: to count a few lines at a time takes longer.
#[derive(Debug)]
pub(crate) struct Candidates<'b, 'p> {
    /// Without it each line is a candidate.
    pattern: Option<Finder<'p>>,
    piece: &'b str,
    /// What of the piece has not been searched begins here.
    start: usize,
    /// How many lines of the piece were found.
    found: usize,
    /// What of the block comes after the piece.
    rest: &'b str,
    /// How many bytes of lines that were found are too many for a quarter of those between them.
    ahead: usize,
    is_crowded: bool,
}

impl<'b, 'p> Candidates<'b, 'p> {
    pub(crate) fn new(text: &'b str, pattern: Option<&'p str>) -> Self {
        let (piece, rest) = match pattern {
            Some(_) => ("", text),
            None => (text, ""),
        };
        Self {
            pattern: pattern.map(Finder::new),
            piece,
            start: 0,
            found: 0,
            rest,
            ahead: 0,
            is_crowded: false,
        }
    }

    /// The next lines of the piece to be given, as a range: a line with the string, none if there is no such
    /// line, or all.
    fn search(&mut self) -> Range<usize> {
        let bytes = self.piece.as_bytes();
        let pattern = match &self.pattern {
            Some(pattern) if !self.is_crowded => pattern,
            _ => return self.start..bytes.len(),
        };
        let Some(at) = pattern.find(&bytes[self.start..]) else {
            return bytes.len()..bytes.len();
        };
        let (before, after) = bytes.split_at(self.start + at);
        let start = memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let end = memchr(b'\n', after).map_or(bytes.len(), |newline| before.len() + newline + 1);
        self.ahead = (self.ahead + (end - start)).saturating_sub((start - self.start) / 4);
        self.is_crowded = self.ahead > CROWD * (end - start);
        start..end
    }

    /// Goes on to the next piece: whole lines, of which one may be longer. `None` at the end of the text.
    fn next_piece(&mut self) -> Option<()> {
        let bytes = self.rest.as_bytes();
        let (first, second) = bytes.split_at(bytes.len().min(PIECE));
        let newline =
            memrchr(b'\n', first).or_else(|| memchr(b'\n', second).map(|at| first.len() + at));
        let end = match newline {
            Some(newline) if !second.is_empty() => newline + 1,
            _ => bytes.len(),
        };
        (self.piece, self.rest) = self.rest.split_at(end);
        (self.start, self.found) = (0, 0);
        (self.ahead, self.is_crowded) = (0, false);
        (!self.piece.is_empty()).then_some(())
    }
}

impl<'b> Iterator for Candidates<'b, '_> {
    type Item = (LinesUpTo<'b>, u64);

    fn next(&mut self) -> Option<(LinesUpTo<'b>, u64)> {
        if self.start == self.piece.len() {
            self.next_piece()?;
        }
        let lines = self.search();
        let (before, from) = self.piece.split_at(lines.start);
        let left_out = match lines.end == self.piece.len() {
            true => lines::count(before.as_bytes()) - self.found,
            false => 0,
        };
        self.start = lines.end;
        self.found += 1;
        Some((LinesUpTo::new(from, lines.len()), left_out as u64))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::block::{Block, Text};
    use crate::lines::StrLines;
    use crate::record::Ref;

    /// The lines that are left when a filter has seen the candidates, each with its place in the text.
    /// The candidates stand for all lines, and are some of them, in order.
    fn found<'t>(text: &'t str, pattern: &str) -> Vec<(usize, &'t str)> {
        let place = |line: &str| line.as_ptr() as usize - text.as_ptr() as usize;
        let (mut given, mut left_out) = (Vec::new(), 0);
        for (lines, before) in Candidates::new(text, Some(pattern)) {
            given.extend(lines);
            left_out += before as usize;
        }
        assert_eq!(given.len() + left_out, text.lines().count(), "{pattern:?}");
        assert!(given.is_sorted_by(|a, b| place(a) < place(b)));
        let lines: BTreeSet<_> = StrLines::new(text)
            .map(|line| (place(line), line))
            .collect();
        let given = given.into_iter().map(|line| (place(line), line));
        let given = given.inspect(|line| assert!(lines.contains(line), "{line:?}"));
        given.filter(|(_, line)| line.contains(pattern)).collect()
    }

    /// What is found is what the closure finds in all lines.
    fn check(text: &str, pattern: &str) -> usize {
        let place = |line: &str| line.as_ptr() as usize - text.as_ptr() as usize;
        let lines = StrLines::new(text).map(|line| (place(line), line));
        let expected: Vec<_> = lines.filter(|(_, line)| line.contains(pattern)).collect();
        assert!(found(text, pattern) == expected, "{pattern:?}");
        expected.len()
    }

    const PATTERNS: [&str; 12] = [
        "a",
        "aa",
        "aba",
        "b\u{fffd}",
        "ß",
        "日a",
        "\r",
        "a\r",
        "\n",
        "a\nb",
        "\r\n",
        "",
    ];

    #[test]
    fn every_line_that_contains_it_is_a_candidate() {
        const PARTS: [&[u8]; 10] = [
            b"a",
            b"a",
            b"b",
            b"\n",
            b"\r\n",
            b"\r",
            b"\n\n",
            b"\xff",
            "ß".as_bytes(),
            "日".as_bytes(),
        ];
        let seeds = if cfg!(miri) { 20 } else { 4_000 };
        for seed in 0..seeds {
            let mut random = fastrand::Rng::with_seed(seed);
            let parts = random.usize(0..60);
            let bytes: Vec<_> = (0..parts)
                .map(|_| PARTS[random.usize(0..PARTS.len())])
                .collect();
            let text = Text::new(bytes.concat());
            for pattern in PATTERNS {
                check(text.as_str(), pattern);
            }
            let mut candidates = Block::<Ref<str>>::candidates(&text, None);
            let all = candidates.next().into_iter().flat_map(|(lines, _)| lines);
            assert!(all.eq(Block::<Ref<str>>::records(&text)));
        }
    }

    #[test]
    fn pieces_begin_and_end_with_lines() {
        // Lines around the border of the first piece, and lines that are longer than a piece.
        for before in PIECE - 12..PIECE + 3 {
            let text = format!("{}\nhit\r\nno\nhit\n\nlast hit", "x".repeat(before));
            assert_eq!(check(&text, "hit"), 3);
            assert_eq!(check(&text.repeat(3), "hit"), 9);
            assert_eq!(check(&text, "xx"), 1);
            assert_eq!(check(&text, "none"), 0);
        }
        assert_eq!(check(&"x".repeat(3 * PIECE), "x"), 1);
    }

    #[test]
    fn where_many_lines_have_it_they_come_without_a_search() {
        for every in [1, 2, 3, 4, 10, 100] {
            let line = |at: usize| match at % every {
                0 => "so it is\n",
                _ => "no it's\r\n",
            };
            let text: String = (0..100_000).map(line).collect();
            assert_eq!(check(&text, "so"), 100_000_usize.div_ceil(every));
            let longest = Candidates::new(&text, Some("so"))
                .map(|(lines, _)| lines.count())
                .max();
            assert_eq!(longest > Some(1), every < 5, "one in {every}");
        }
    }
}
