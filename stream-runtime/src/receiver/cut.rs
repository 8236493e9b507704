//! Where bytes that come in a stream are cut into blocks of whole records.

use memchr::memrchr;

use crate::block::{BlockSize, Text};

/// Cuts a stream of bytes into blocks of whole records. Where it cuts follows from the bytes
/// alone, never from how they came in.
pub(super) trait Cut: Send + 'static {
    /// The blocks.
    type Block: BlockSize;

    /// How many of the first bytes are whole records. The bytes begin where a record begins.
    fn whole(&mut self, bytes: &[u8]) -> usize;

    /// Makes a block of bytes that [`whole`](Self::whole) has just measured, or of the rest.
    fn block(&mut self, bytes: Vec<u8>) -> Self::Block;

    /// Whether the rest of a source, of `len` bytes, is a record; else what is wrong with it.
    fn check_rest(&self, len: usize) -> Result<(), String>;

    /// Cuts off what comes after so many records; `None` if nothing does.
    fn split_off(block: &mut Self::Block, records: usize) -> Option<Self::Block>;

    /// Shortens a block to so many bytes; whether a record ends there.
    fn shorten(block: &mut Self::Block, bytes: usize) -> bool;

    /// How many records were too long, and cut into pieces, since the last call.
    fn take_pieces(&mut self) -> usize {
        0
    }
}

/// Lines of text. A line longer than a bound is cut into pieces, each a record, at a character
/// boundary; nothing of it is lost.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    longest: usize,
    /// Where the bytes that were just measured are to be cut although no line ends there.
    breaks: Vec<usize>,
    pieces: usize,
}

impl Lines {
    pub(super) fn new(longest: usize) -> Self {
        Self {
            longest: longest.max(4), // a character has up to four bytes
            breaks: Vec::new(),
            pieces: 0,
        }
    }
}

impl Cut for Lines {
    type Block = Text;

    fn whole(&mut self, bytes: &[u8]) -> usize {
        self.breaks.clear();
        // A line end may take two bytes, so a line can only be known to be too long when two bytes
        // more than the bound are there without a line feed. Then what is left of it is not empty.
        let reach = self.longest.saturating_add(2);
        let mut start = 0_usize;
        loop {
            let ahead = &bytes[start..bytes.len().min(start.saturating_add(reach))];
            match memrchr(b'\n', ahead) {
                Some(end) => start += end + 1,
                None if ahead.len() < reach => return start,
                None => {
                    start += character_start(ahead, self.longest);
                    self.breaks.push(start);
                }
            }
        }
    }

    fn block(&mut self, bytes: Vec<u8>) -> Text {
        if self.breaks.is_empty() {
            return Text::new(bytes);
        }
        self.pieces += self.breaks.len();
        Text::new(broken(&bytes, &std::mem::take(&mut self.breaks)))
    }

    /// A last line may lack its end.
    fn check_rest(&self, _: usize) -> Result<(), String> {
        Ok(())
    }

    fn split_off(block: &mut Text, records: usize) -> Option<Text> {
        block.split_off(records)
    }

    fn shorten(block: &mut Text, bytes: usize) -> bool {
        block.shorten(bytes)
    }

    fn take_pieces(&mut self) -> usize {
        std::mem::take(&mut self.pieces)
    }
}

/// The last place up to `at` where a character begins, if the bytes are UTF-8.
fn character_start(bytes: &[u8], at: usize) -> usize {
    let continues = |byte: u8| byte & 0b1100_0000 == 0b1000_0000;
    let back = (0..4).find(|back| !continues(bytes[at - back]));
    at - back.unwrap_or(0)
}

/// Puts a line end where each piece ends: `\r\n`, so that a `\r` of the piece itself is kept.
fn broken(bytes: &[u8], breaks: &[usize]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len() + 2 * breaks.len());
    let mut start = 0;
    for &end in breaks {
        text.extend_from_slice(&bytes[start..end]);
        text.extend_from_slice(b"\r\n");
        start = end;
    }
    text.extend_from_slice(&bytes[start..]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::Block;
    use crate::record::Ref;

    fn records(cut: &mut Lines, bytes: &[u8]) -> (Vec<Vec<u8>>, usize) {
        let whole = cut.whole(bytes);
        let block = cut.block(bytes[..whole].to_vec());
        let records = <Text as Block<Ref<[u8]>>>::records(&block);
        (records.map(<[u8]>::to_vec).collect(), whole)
    }

    fn pieces(longest: usize, text: &str) -> (Vec<String>, String) {
        let mut cut = Lines::new(longest);
        let (records, whole) = records(&mut cut, text.as_bytes());
        let records = records.into_iter().map(|r| String::from_utf8(r).unwrap());
        (records.collect(), text[whole..].to_owned())
    }

    #[test]
    fn only_whole_lines_are_cut_off() {
        assert_eq!(
            pieces(9, "ab\ncd\nef"),
            (vec!["ab".into(), "cd".into()], "ef".into())
        );
        assert_eq!(pieces(9, "abc"), (vec![], "abc".into()));
        assert_eq!(pieces(9, ""), (vec![], String::new()));
    }

    #[test]
    fn a_long_line_becomes_pieces_that_join_to_it() {
        let expect = |text: &str, expected: &[&str], rest: &str| {
            let (records, left) = pieces(4, text);
            assert_eq!(
                (records.iter().map(String::as_str).collect(), &left[..]),
                (expected.to_vec(), rest),
                "{text:?}"
            );
        };
        expect("abcd\nx", &["abcd"], "x");
        expect("abcd\r\nx", &["abcd"], "x");
        expect("abcde\nx", &["abcde"], "x"); // two bytes of grace, so that no piece is empty
        expect("abcdef\nx", &["abcd", "ef"], "x");
        expect("abcdefghij\r\n", &["abcd", "efgh", "ij"], "");
        expect("abcdefgh", &["abcd"], "efgh");
        expect("abc\r\r\r\r\n", &["abc\r", "\r\r"], "");
        expect("abcädef\n", &["abc", "ädef"], "");
        expect("ok\nabcdefghi\nok\n", &["ok", "abcd", "efghi", "ok"], "");
    }

    #[test]
    fn cuts_do_not_depend_on_how_the_bytes_came() {
        let text = "one\ntwo and a half\nä\r\nfourfourfourfour\n\nsix".repeat(3);
        let all = {
            let (mut records, rest) = pieces(5, &text);
            records.push(rest);
            records
        };
        for step in 1..12 {
            let (mut cut, mut held, mut found) = (Lines::new(5), Vec::new(), Vec::new());
            for bytes in text.as_bytes().chunks(step) {
                held.extend_from_slice(bytes);
                let (some, whole) = records(&mut cut, &held);
                found.extend(some.into_iter().map(|r| String::from_utf8(r).unwrap()));
                held.drain(..whole);
            }
            found.push(String::from_utf8(held).unwrap());
            assert_eq!(found, all, "{step} bytes at a time");
        }
    }
}
