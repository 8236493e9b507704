//! A buffer that is filled from a source of bytes and gives off blocks of whole records.

use crate::receiver::cut::Cut;

/// A buffer of about a block.
///
/// A block takes the buffer's own memory with it; only the rest, which is less than a record, is
/// copied into the next one. A block that fills less than half of the buffer is copied out instead,
/// so that a slow source does not hold much more memory than it has bytes.
#[derive(Debug)]
pub(super) struct Buffer<C> {
    pub(super) cut: C,
    /// Initialized throughout; the first `filled` bytes are data.
    bytes: Vec<u8>,
    filled: usize,
    size: usize,
}

/// The last bytes of a source are no record.
#[derive(Debug)]
pub(super) struct BadRest {
    pub(super) len: usize,
    pub(super) problem: String,
}

impl<C: Cut> Buffer<C> {
    pub(super) fn new(cut: C, size: usize) -> Self {
        let size = size.max(1);
        Self {
            cut,
            bytes: vec![0; size],
            filled: 0,
            size,
        }
    }

    /// Where to put the next bytes; never empty. It grows when a record is longer than the buffer,
    /// up to what the cut allows for a record.
    pub(super) fn space(&mut self) -> &mut [u8] {
        if self.is_full() {
            self.bytes.resize(2 * self.bytes.len(), 0);
        }
        &mut self.bytes[self.filled..]
    }

    /// Says that so many bytes were put into [`space`](Self::space).
    pub(super) fn fill(&mut self, len: usize) {
        self.filled += len;
    }

    pub(super) fn is_full(&self) -> bool {
        self.filled == self.bytes.len()
    }

    /// How many bytes wait.
    pub(super) fn len(&self) -> usize {
        self.filled
    }

    /// Forgets what is inside.
    pub(super) fn clear(&mut self) {
        self.filled = 0;
    }

    /// Gives off the whole records, if there are any.
    pub(super) fn take(&mut self) -> Option<C::Block> {
        let whole = self.cut.whole(&self.bytes[..self.filled]);
        (whole > 0).then(|| self.split(whole))
    }

    /// Gives off all that is left, at the end of the source.
    ///
    /// # Errors
    ///
    /// When what comes after the whole records is no record.
    pub(super) fn finish(&mut self) -> Result<Option<C::Block>, BadRest> {
        let whole = self.cut.whole(&self.bytes[..self.filled]);
        let len = self.filled - whole;
        if len > 0 {
            let checked = self.cut.check_rest(len);
            checked.map_err(|problem| BadRest { len, problem })?;
        }
        Ok((self.filled > 0).then(|| self.split(self.filled)))
    }

    fn split(&mut self, at: usize) -> C::Block {
        let rest = at..self.filled;
        self.filled = rest.len();
        let size = self.size_for(rest.len());
        let block = if at < self.bytes.len() / 2 && size == self.bytes.len() {
            let block = self.bytes[..at].to_vec();
            self.bytes.copy_within(rest, 0);
            block
        } else {
            let mut next = vec![0; size];
            next[..rest.len()].copy_from_slice(&self.bytes[rest]);
            let mut block = std::mem::replace(&mut self.bytes, next);
            block.truncate(at);
            block
        };
        self.cut.block(block)
    }

    /// The size at which a new buffer would be after growing for a rest of this length. So a buffer
    /// that goes on and one that begins after the block are alike.
    fn size_for(&self, rest: usize) -> usize {
        let mut size = self.size;
        while size < rest {
            size *= 2;
        }
        size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::cut::Lines;

    fn feed(buffer: &mut Buffer<Lines>, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let space = buffer.space();
            let len = space.len().min(bytes.len());
            space[..len].copy_from_slice(&bytes[..len]);
            buffer.fill(len);
            bytes = &bytes[len..];
        }
    }

    #[test]
    fn it_grows_for_a_long_line_and_shrinks_again() {
        let mut buffer = Buffer::new(Lines::new(100), 8);
        feed(&mut buffer, &[b'x'; 60]);
        assert!(buffer.take().is_none());
        feed(&mut buffer, b"\na\nb");
        let block = buffer.take().unwrap();
        assert_eq!(block.as_str(), format!("{}\na\n", "x".repeat(60)));
        assert_eq!((buffer.len(), buffer.bytes.len()), (1, 8));
        assert_eq!(buffer.finish().unwrap().unwrap().as_str(), "b");
        assert!(buffer.finish().unwrap().is_none());
    }

    #[test]
    fn a_small_block_does_not_take_the_buffer_along() {
        let mut buffer = Buffer::new(Lines::new(100), 1_000);
        feed(&mut buffer, b"a\nb");
        let memory = buffer.bytes.as_ptr();
        assert_eq!(buffer.take().unwrap().as_str(), "a\n");
        assert_eq!(
            (buffer.bytes.as_ptr(), &buffer.bytes[..buffer.len()]),
            (memory, &b"b"[..])
        );
    }
}
