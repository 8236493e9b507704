//! What is to be written of a state.

use std::{fmt, mem};

use serde::Serialize;

use super::codec;

/// What is to be written of a state, taken out of it.
///
/// What is small is written at once. Entries of a table are copied, and made into bytes by whoever
/// writes the journal, off the batch's path: to copy one takes less time than to encode it.
#[derive(Default)]
pub(crate) struct Draft {
    /// What is still to be written, each with the bytes before it.
    pieces: Vec<(Vec<u8>, Piece)>,
    /// The bytes after all of them.
    end: Vec<u8>,
}

enum Piece {
    /// Written when there is time for it, `about` so many bytes.
    Later {
        write: Box<dyn FnOnce(&mut Vec<u8>) + Send>,
        about: usize,
    },
    /// With its length before it.
    Counted(Draft),
}

impl Draft {
    /// Where more bytes are appended.
    pub(crate) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.end
    }

    /// Appends a value.
    pub(crate) fn write<T: Serialize + ?Sized>(&mut self, value: &T) {
        codec::write(value, &mut self.end);
    }

    /// Appends what `write` will append, `about` so many bytes.
    pub(crate) fn write_later(
        &mut self,
        about: usize,
        write: impl FnOnce(&mut Vec<u8>) + Send + 'static,
    ) {
        let write = Box::new(write);
        self.push(Piece::Later { write, about });
    }

    /// Appends another draft, with its length before it.
    pub(crate) fn write_counted(&mut self, draft: Self) {
        self.push(Piece::Counted(draft));
    }

    fn push(&mut self, piece: Piece) {
        self.pieces.push((mem::take(&mut self.end), piece));
    }

    /// About how many bytes it makes.
    pub(crate) fn len(&self) -> usize {
        let len = |(before, piece): &(Vec<u8>, Piece)| match piece {
            Piece::Later { about, .. } => before.len() + about,
            Piece::Counted(draft) => before.len() + draft.len(),
        };
        self.pieces.iter().map(len).sum::<usize>() + self.end.len()
    }

    /// The bytes.
    ///
    /// # Panics
    ///
    /// When the `Serialize` of something in it fails.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.len());
        for (before, piece) in self.pieces {
            out.extend_from_slice(&before);
            match piece {
                Piece::Later { write, .. } => write(&mut out),
                Piece::Counted(draft) => {
                    let bytes = draft.into_bytes();
                    codec::write(&bytes.len(), &mut out);
                    out.extend_from_slice(&bytes);
                }
            }
        }
        out.extend_from_slice(&self.end);
        out
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("len", &self.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_in_their_order_and_lengths_before_what_they_count() {
        let mut inner = Draft::default();
        inner.write_later(3, |out| out.extend([7, 8, 9]));
        let mut draft = Draft::default();
        draft.write(&1u8);
        draft.write_counted(inner);
        draft.write(&(2u8, 3u8));
        draft.bytes().push(4);
        assert_eq!(draft.len(), 1 + 3 + 3);
        assert_eq!(draft.into_bytes(), [1, 3, 7, 8, 9, 2, 3, 4]);
    }
}
