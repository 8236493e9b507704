//! Blocks: what receivers hand over, and what the records of a batch borrow from.

use std::fmt::Debug;

use memchr::memchr_iter;

use crate::candidates::Candidates;
use crate::lines::{self, Lines, StrLines};
use crate::record::{Family, Lend, Ref};

/// How large a block is: for sharing a batch out evenly and for bounding what is in flight.
pub trait BlockSize: Send + Sync + 'static {
    /// About how many bytes the block holds. At least 1.
    fn bytes(&self) -> usize;

    /// About how many records the block holds: exact for rows, a guess for text.
    fn records_hint(&self) -> usize;

    /// Cuts the block in two between records: so the record that makes a batch fail is found. What
    /// has one record, or cannot be cut, is given back.
    ///
    /// # Errors
    ///
    /// The block itself, when it stays whole.
    fn halve(self) -> Result<(Self, Self), Self>
    where
        Self: Sized,
    {
        Err(self)
    }

    /// The records as people read them, if they are text.
    fn as_text(&self) -> Option<&str> {
        None
    }

    /// How many records the block holds, even if they have to be counted: what a limit in records a
    /// second counts by. The hint, where that is exact.
    fn count_records(&self) -> usize {
        self.records_hint()
    }
}

/// A block that can lend its records as family `F`.
///
/// One block type may serve several: the lines of a [`Text`] are `&str` or `&[u8]`, a [`Rows<T>`]
/// lends `T` or `&T`.
pub trait Block<F: Family>: BlockSize {
    /// The records, in order.
    fn records(&self) -> impl Iterator<Item = F::Of<'_>>;

    /// The records, in order, those as one that stand one after the other with nothing but white space
    /// between; each with how many they are. That is for operators which split text at white space: they
    /// need not look for the ends of records first.
    #[inline(always)]
    fn runs(&self) -> impl Iterator<Item = (F::Of<'_>, u64)> {
        self.records().map(|record| (record, 1))
    }

    /// The records in order, without some of those in which there is no `pattern`: runs of records, each with
    /// how many more are left out by now. That is for filters which look for a string: they need not see
    /// each record.
    #[inline(always)]
    fn candidates(
        &self,
        pattern: Option<&str>,
    ) -> impl Iterator<Item = (impl Iterator<Item = F::Of<'_>>, u64)> {
        let _ = pattern;
        std::iter::once((self.records(), 0))
    }
}

/// A block of typed records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows<T>(pub Vec<T>);

impl<T: Send + Sync + 'static> BlockSize for Rows<T> {
    fn bytes(&self) -> usize {
        (self.0.len() * size_of::<T>()).max(1)
    }

    fn records_hint(&self) -> usize {
        self.0.len()
    }

    fn halve(mut self) -> Result<(Self, Self), Self> {
        match self.0.len() {
            0 | 1 => Err(self),
            len => {
                let rest = self.0.split_off(len / 2);
                Ok((self, Self(rest)))
            }
        }
    }
}

impl<F: Family, T: Lend<F> + Send + Sync + 'static> Block<F> for Rows<T> {
    #[inline(always)]
    fn records(&self) -> impl Iterator<Item = F::Of<'_>> {
        self.0.iter().map(Lend::lend)
    }
}

/// A block of text, cut at line ends. A record is a line without its `\n` or `\r\n`.
///
/// The bytes are kept as they came. A stream of `&[u8]` sees exactly them; a stream of `&str` sees
/// each invalid UTF-8 sequence as U+FFFD, so that no line is lost and no bytes are either.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    valid: Result<String, Invalid>,
}

/// Bytes that are not UTF-8, beside their readable form.
#[derive(Clone, PartialEq, Eq)]
struct Invalid {
    raw: Vec<u8>,
    readable: String,
}

impl Text {
    /// A block of whole lines. The last line may lack its line end.
    ///
    /// Cost: one pass to validate the UTF-8; nothing is copied when it is valid.
    pub fn new(bytes: Vec<u8>) -> Self {
        let valid = String::from_utf8(bytes).map_err(|error| {
            let readable = String::from_utf8_lossy(error.as_bytes()).into_owned();
            Invalid {
                raw: error.into_bytes(),
                readable,
            }
        });
        Self { valid }
    }

    /// The bytes as they came.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.valid {
            Ok(text) => text.as_bytes(),
            Err(invalid) => &invalid.raw,
        }
    }

    /// The text, with U+FFFD in place of what is not UTF-8.
    pub fn as_str(&self) -> &str {
        match &self.valid {
            Ok(text) => text,
            Err(invalid) => &invalid.readable,
        }
    }

    /// Whether the bytes are UTF-8.
    pub fn is_utf8(&self) -> bool {
        self.valid.is_ok()
    }

    /// Adds the lines of another text. Both begin at a line start, so no invalid sequence and no
    /// character crosses from one to the other.
    pub(crate) fn append(&mut self, other: &Self) {
        self.end_line();
        match (&mut self.valid, &other.valid) {
            (Ok(text), Ok(more)) => text.push_str(more),
            (Err(invalid), _) => {
                invalid.raw.extend_from_slice(other.as_bytes());
                invalid.readable.push_str(other.as_str());
            }
            (Ok(text), Err(more)) => {
                self.valid = Err(Invalid {
                    raw: [text.as_bytes(), &more.raw].concat(),
                    readable: text.to_owned() + &more.readable,
                });
            }
        }
    }

    /// Cuts off what comes after so many lines; `None` if nothing does.
    pub(crate) fn split_off(&mut self, lines: usize) -> Option<Self> {
        let bytes = self.as_bytes();
        let end = match lines.checked_sub(1) {
            Some(before) => memchr_iter(b'\n', bytes).nth(before)? + 1,
            None => 0,
        };
        (end < bytes.len()).then(|| self.split_off_at(end))
    }

    /// Shortens it to so many bytes; whether a line ends there.
    pub(crate) fn shorten(&mut self, bytes: usize) -> bool {
        let ends = bytes > 0 && self.as_bytes().get(bytes - 1) == Some(&b'\n');
        if ends {
            self.split_off_at(bytes);
        }
        ends
    }

    /// A line ends at `end`, so nothing that is invalid, and no character, is cut there.
    fn split_off_at(&mut self, end: usize) -> Self {
        match &mut self.valid {
            Ok(text) => Self::from(text.split_off(end)),
            Err(invalid) => {
                let rest = invalid.raw.split_off(end);
                *self = Self::new(std::mem::take(&mut invalid.raw));
                Self::new(rest)
            }
        }
    }

    /// Adds a line.
    pub(crate) fn push_line(&mut self, line: &str) {
        self.end_line();
        self.push_str(line);
        self.push_str("\n");
    }

    fn end_line(&mut self) {
        if self.as_bytes().last().is_some_and(|last| *last != b'\n') {
            self.push_str("\n");
        }
    }

    fn push_str(&mut self, more: &str) {
        match &mut self.valid {
            Ok(text) => text.push_str(more),
            Err(invalid) => {
                invalid.raw.extend_from_slice(more.as_bytes());
                invalid.readable.push_str(more);
            }
        }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { valid: Ok(text) }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Text")
            .field("bytes", &self.as_bytes().len())
            .finish()
    }
}

impl BlockSize for Text {
    fn bytes(&self) -> usize {
        self.as_bytes().len().max(1)
    }

    fn records_hint(&self) -> usize {
        // A line of a log is some 64 bytes long; the exact number is known after the batch.
        self.as_bytes().len() / 64 + 1
    }

    /// At the line end that is nearest to the middle and not the last.
    fn halve(mut self) -> Result<(Self, Self), Self> {
        let bytes = self.as_bytes();
        let lines = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let (first, second) = lines.split_at(lines.len() / 2);
        let before = memchr::memrchr(b'\n', first);
        let after = memchr::memchr(b'\n', second).map(|at| first.len() + at);
        let Some(end) = before.or(after) else {
            return Err(self);
        };
        let rest = self.split_off_at(end + 1);
        Ok((self, rest))
    }

    fn as_text(&self) -> Option<&str> {
        Some(self.as_str())
    }

    /// A pass over the bytes, which looks at many of them at once: some 50 µs for a MiB.
    fn count_records(&self) -> usize {
        lines::count(self.as_bytes())
    }
}

impl Block<Ref<str>> for Text {
    #[inline(always)]
    fn records(&self) -> impl Iterator<Item = &str> {
        StrLines::new(self.as_str())
    }

    #[inline(always)]
    fn runs(&self) -> impl Iterator<Item = (&str, u64)> {
        std::iter::once((self.as_str(), self.count_records() as u64))
    }

    #[inline(always)]
    fn candidates(
        &self,
        pattern: Option<&str>,
    ) -> impl Iterator<Item = (impl Iterator<Item = &str>, u64)> {
        Candidates::new(self.as_str(), pattern)
    }
}

impl Block<Ref<[u8]>> for Text {
    #[inline(always)]
    fn records(&self) -> impl Iterator<Item = &[u8]> {
        let bytes = self.as_bytes();
        Lines::new(bytes).map(move |(start, end)| &bytes[start..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(bytes: &[u8]) -> Vec<Vec<u8>> {
        let text = Text::new(bytes.to_vec());
        <Text as Block<Ref<[u8]>>>::records(&text)
            .map(<[u8]>::to_vec)
            .collect()
    }

    #[test]
    fn lines_end_at_newlines_and_lose_their_carriage_return() {
        let expected: [&[u8]; 4] = [b"a", b"", b"b\r", b"c"];
        assert_eq!(lines_of(b"a\r\n\nb\r\r\nc"), expected);
        assert_eq!(lines_of(b""), Vec::<Vec<u8>>::new());
        assert_eq!(lines_of(b"\n"), [b""]);
    }

    #[test]
    fn invalid_utf8_is_readable_and_kept() {
        let text = Text::new(b"ok\n\xff!\n".to_vec());
        let readable: Vec<&str> = <Text as Block<Ref<str>>>::records(&text).collect();
        assert_eq!(readable, ["ok", "\u{fffd}!"]);
        let exact: Vec<&[u8]> = <Text as Block<Ref<[u8]>>>::records(&text).collect();
        assert_eq!(exact, [&b"ok"[..], b"\xff!"]);
    }

    #[test]
    fn texts_are_joined_at_line_ends() {
        let parts: [&[u8]; 4] = [b"a", b"b\r\n\xff\n", b"c", b"\xfe\n"];
        let mut text = Text::from("");
        for part in parts {
            text.append(&Text::new(part.to_vec()));
        }
        text.push_line("d");
        assert_eq!(text.as_bytes(), b"a\nb\r\n\xff\nc\n\xfe\nd\n");
        assert_eq!(text.as_str(), "a\nb\r\n\u{fffd}\nc\n\u{fffd}\nd\n");
    }

    #[test]
    fn blocks_are_cut_down_to_their_records() {
        fn records<B: BlockSize>(block: B) -> Vec<B> {
            match block.halve() {
                Ok((first, second)) => [records(first), records(second)]
                    .into_iter()
                    .flatten()
                    .collect(),
                Err(whole) => vec![whole],
            }
        }
        for text in ["a\nbb\r\n\nccc\n", "a\nbb\nccc", "\n\n\n", "a\n", ""] {
            let lines = records(Text::from(text));
            let whole: String = lines.iter().map(Text::as_str).collect();
            assert_eq!(whole, text);
            let counts = lines.iter().map(|line| lines_of(line.as_bytes()).len());
            assert!(counts.max() <= Some(1), "{text:?}");
        }
        assert_eq!(
            records(Rows(vec![1, 2, 3])),
            [Rows(vec![1]), Rows(vec![2]), Rows(vec![3])]
        );
    }

    #[test]
    fn a_text_is_cut_where_a_line_ends() {
        let whole: &[u8] = b"a\n\xff\r\n\nlast";
        for (lines, bytes) in [(0, 0), (1, 2), (2, 5), (3, 6)] {
            let mut text = Text::new(whole.to_vec());
            let rest = text.split_off(lines).unwrap();
            assert_eq!((text.as_bytes(), rest.as_bytes()), whole.split_at(bytes));
            assert_eq!(
                text.as_str().to_owned() + rest.as_str(),
                "a\n\u{fffd}\r\n\nlast"
            );
            assert_eq!(
                (text.count_records(), rest.count_records()),
                (lines, 4 - lines)
            );
            let mut text = Text::new(whole.to_vec());
            assert_eq!(text.shorten(bytes), bytes > 0);
            assert_eq!(
                text.as_bytes().len(),
                if bytes > 0 { bytes } else { whole.len() }
            );
        }
        assert_eq!(Text::new(whole.to_vec()).split_off(4), None);
        assert_eq!(Text::from("a\n").split_off(1), None);
        for bytes in [1, 3, 4, 7, whole.len(), 100] {
            let mut text = Text::new(whole.to_vec());
            assert!(!text.shorten(bytes), "no line ends at {bytes}");
            assert_eq!(text.as_bytes(), whole);
        }
    }

    #[test]
    fn rows_lend_values_and_references() {
        let rows = Rows(vec!["a".to_owned()]);
        let text: Vec<&str> = <Rows<String> as Block<Ref<str>>>::records(&rows).collect();
        assert_eq!(text, ["a"]);
        let pairs = Rows(vec![("a".to_owned(), 1u64)]);
        type Pair = (Ref<str>, crate::record::Val<u64>);
        let lent: Vec<(&str, u64)> =
            <Rows<(String, u64)> as Block<Pair>>::records(&pairs).collect();
        assert_eq!(lent, [("a", 1)]);
    }
}
