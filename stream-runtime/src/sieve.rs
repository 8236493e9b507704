//! Running a batch with a part of its records, to find those that make it fail.

use std::any::Any;
use std::ops::Range;

use crate::block::BlockSize;

/// The blocks of one input of a batch that failed, in pieces. Pieces are cut in two until each is one
/// record, or cannot be cut.
pub trait Sieve {
    /// How many pieces there are.
    fn pieces(&self) -> usize;

    /// Puts the pieces of a range, without those that were thrown out, into the batch.
    fn give(&mut self, pieces: Range<usize>);

    /// Cuts a piece in two: the second half follows it. Whether it could be cut.
    fn halve(&mut self, piece: usize) -> bool;

    /// Takes a piece out for good.
    fn throw_out(&mut self, piece: usize) -> Piece;
}

/// A piece that was thrown out.
#[derive(Debug)]
pub struct Piece {
    /// About how many records of the input are before it in the batch: exact for rows.
    pub(crate) at: u64,
    /// About how many records it has.
    pub(crate) records: u64,
    pub(crate) text: Option<String>,
    pub(crate) block: Box<dyn Any + Send>,
}

/// Where the pieces are when they are not in the batch. `put` and `take` bring blocks into the batch
/// and back.
pub(crate) struct Pieces<B, P, T> {
    pieces: Vec<Held<B>>,
    given: Range<usize>,
    put: P,
    take: T,
}

enum Held<B> {
    /// It is here.
    Here(B),
    /// It is in the batch.
    Given,
    /// It was thrown out, and had so many records.
    Out(u64),
}

impl<B, P, T> Pieces<B, P, T>
where
    B: BlockSize,
    P: FnMut(Vec<B>),
    T: FnMut() -> Vec<B>,
{
    /// Takes the blocks out of the batch.
    pub(crate) fn new(put: P, mut take: T) -> Self {
        Self {
            pieces: take().into_iter().map(Held::Here).collect(),
            given: 0..0,
            put,
            take,
        }
    }

    /// Takes back what is in the batch.
    fn take_back(&mut self) {
        let mut blocks = (self.take)().into_iter();
        for piece in &mut self.pieces[self.given.clone()] {
            if matches!(piece, Held::Given) {
                *piece = Held::Here(blocks.next().expect("it was given"));
            }
        }
        self.given = 0..0;
    }
}

impl<B: BlockSize> Held<B> {
    fn take(&mut self, instead: Self) -> B {
        match std::mem::replace(self, instead) {
            Self::Here(block) => block,
            Self::Given | Self::Out(_) => unreachable!("it is here"),
        }
    }

    fn records(&self) -> u64 {
        match self {
            Self::Here(block) => block.records_hint() as u64,
            Self::Given => 0,
            Self::Out(records) => *records,
        }
    }
}

impl<B, P, T> Sieve for Pieces<B, P, T>
where
    B: BlockSize,
    P: FnMut(Vec<B>),
    T: FnMut() -> Vec<B>,
{
    fn pieces(&self) -> usize {
        self.pieces.len()
    }

    fn give(&mut self, range: Range<usize>) {
        self.take_back();
        let mut blocks = Vec::new();
        for piece in &mut self.pieces[range.clone()] {
            if matches!(piece, Held::Here(_)) {
                blocks.push(piece.take(Held::Given));
            }
        }
        (self.put)(blocks);
        self.given = range;
    }

    fn halve(&mut self, piece: usize) -> bool {
        self.take_back();
        match self.pieces[piece].take(Held::Given).halve() {
            Ok((first, second)) => {
                self.pieces[piece] = Held::Here(first);
                self.pieces.insert(piece + 1, Held::Here(second));
                true
            }
            Err(whole) => {
                self.pieces[piece] = Held::Here(whole);
                false
            }
        }
    }

    fn throw_out(&mut self, piece: usize) -> Piece {
        self.take_back();
        let records = self.pieces[piece].records();
        let block = self.pieces[piece].take(Held::Out(records));
        Piece {
            at: self.pieces[..piece].iter().map(Held::records).sum(),
            records,
            text: block.as_text().map(str::to_owned),
            block: Box::new(block),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::block::Rows;

    #[test]
    fn pieces_are_given_cut_and_thrown_out_in_their_order() {
        let batch = RefCell::new(vec![Rows(vec![1, 2, 3]), Rows(vec![4])]);
        let rows = || {
            batch
                .borrow()
                .iter()
                .flat_map(|rows| rows.0.clone())
                .collect::<Vec<_>>()
        };
        let mut sieve = Pieces::new(
            |blocks| *batch.borrow_mut() = blocks,
            || std::mem::take(&mut *batch.borrow_mut()),
        );
        assert_eq!(rows(), [0; 0]);
        assert!(!sieve.halve(1), "it is one record");
        assert!(sieve.halve(0) && sieve.halve(1));
        assert_eq!(sieve.pieces(), 4);
        sieve.give(1..4);
        assert_eq!(rows(), [2, 3, 4]);
        let piece = sieve.throw_out(2);
        assert_eq!((piece.at, piece.records), (2, 1));
        assert_eq!(piece.block.downcast_ref(), Some(&Rows(vec![3])));
        sieve.give(0..4);
        assert_eq!(rows(), [1, 2, 4]);
    }
}
