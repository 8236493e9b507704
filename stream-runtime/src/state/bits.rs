//! Positions as bits.

use std::mem;

/// One bit for each position of a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Bits([u64; Bits::WORDS]);

impl Bits {
    const WORDS: usize = 8;
    pub(super) const LEN: u32 = Self::WORDS as u32 * u64::BITS;

    #[inline(always)]
    fn word(bit: u32) -> (usize, u64) {
        (
            (bit / u64::BITS) as usize % Self::WORDS,
            1 << (bit % u64::BITS),
        )
    }

    /// All bits, the first one the lowest of the first word.
    pub(super) fn words_mut(&mut self) -> &mut [u64; Self::WORDS] {
        &mut self.0
    }

    pub(super) fn has(&self, bit: u32) -> bool {
        let (word, mask) = Self::word(bit);
        self.0[word] & mask != 0
    }

    #[inline(always)]
    pub(super) fn set(&mut self, bit: u32) {
        let (word, mask) = Self::word(bit);
        self.0[word] |= mask;
    }

    pub(super) fn clear(&mut self, bit: u32) {
        let (word, mask) = Self::word(bit);
        self.0[word] &= !mask;
    }

    /// How many bits before this one are set.
    pub(super) fn rank(&self, bit: u32) -> usize {
        let (word, mask) = Self::word(bit);
        let before: u32 = self.0[..word].iter().map(|word| word.count_ones()).sum();
        (before + (self.0[word] & (mask - 1)).count_ones()) as usize
    }

    /// The first bit that is not set.
    pub(super) fn first_clear(&self) -> u32 {
        let full = self.0.iter().take_while(|&&word| word == u64::MAX).count();
        let word = self.0.get(full).copied().unwrap_or_default();
        full as u32 * u64::BITS + word.trailing_ones()
    }

    /// The bits that are set, in order.
    pub(super) fn iter(self) -> impl Iterator<Item = u32> {
        let words = self.0.into_iter().zip(0..);
        words.flat_map(|(word, number)| ones(word).map(move |bit| number * u64::BITS + bit))
    }
}

/// The bits of a word that are set, in order.
fn ones(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros())?;
        word &= word - 1;
        Some(bit)
    })
}

/// Positions that are found as bits.
#[derive(Debug, Default)]
pub(super) struct Positions {
    /// The first `len` are found, the others are room for more.
    positions: Vec<u32>,
    len: usize,
}

impl Positions {
    /// Takes the bits out of the words of a page; the first bit of the first one is the position `first`.
    pub(super) fn take(&mut self, words: &mut [u64; Bits::WORDS], first: u32) {
        if words.iter().fold(0, |all, word| all | word) == 0 {
            return;
        }
        let most = Bits::LEN as usize;
        if self.positions.len() < self.len + most + 2 {
            self.positions.resize(self.len * 2 + most + 2, 0);
        }
        for (word, first) in words.iter_mut().zip((first..).step_by(u64::BITS as usize)) {
            self.push_all(mem::take(word), first);
        }
    }

    /// Two positions are written for each word, whether it has them or not: how many it has is no
    /// branch that the processor could foresee.
    #[inline(always)]
    fn push_all(&mut self, mut word: u64, first: u32) {
        loop {
            for _ in 0..2 {
                self.positions[self.len] = first + word.trailing_zeros() % u64::BITS;
                self.len += usize::from(word != 0);
                word &= word.wrapping_sub(1);
            }
            if word == 0 {
                break;
            }
        }
    }

    /// What was found, in order.
    pub(super) fn finish(mut self) -> Vec<u32> {
        self.positions.truncate(self.len);
        self.positions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_is_found_once_however_dense_they_are() {
        let mut chance = fastrand::Rng::with_seed(11);
        for density in [0, 1, 8, 60, 64] {
            let word = |chance: &mut fastrand::Rng| {
                let bits = (0..u64::BITS).filter(|_| chance.u32(..64) < density);
                bits.fold(0u64, |word, bit| word | 1 << bit)
            };
            let mut pages: Vec<_> = (0..5)
                .map(|_| std::array::from_fn::<_, 8, _>(|_| word(&mut chance)))
                .collect();
            let expected = pages.iter().flatten().zip((1_000..).step_by(64));
            let expected: Vec<_> = expected
                .flat_map(|(&word, first)| ones(word).map(move |bit| first + bit))
                .collect();
            let mut positions = Positions::default();
            for (page, first) in pages.iter_mut().zip((1_000..).step_by(8 * 64)) {
                positions.take(page, first);
            }
            assert_eq!(positions.finish(), expected, "{density} of 64");
            assert_eq!(pages, [[0; 8]; 5], "they are taken out");
        }
    }
}
