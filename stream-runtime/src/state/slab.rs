//! Where the entries of a table stand: at positions that do not change, without room for what is
//! not there.

use std::collections::BTreeSet;
use std::mem;

/// Entries by position. A position that became free is taken again before a new one is, the lowest
/// first: so the same entries at the same positions go on alike, however they came there.
///
/// Sixty-four positions are a chunk: one bit each says whether it is taken, and the entries that
/// are there stand close together. So nothing has to mark an empty place, an entry that was removed
/// is gone at once, and a slab grows by a chunk, without copying what is in it.
///
/// Memory: the entries, and less than one byte for each.
#[derive(Debug)]
pub(super) struct Slab<E> {
    pages: Vec<Page<E>>,
    /// The pages with a free position.
    open: BTreeSet<u32>,
    /// The chunks with touched entries, in order of their first touch.
    touched: Vec<u32>,
    len: usize,
}

/// Sixty-four chunks, or none: then all of its positions are free. So a position far off, as a
/// damaged file may name it, costs little.
#[derive(Debug)]
struct Page<E> {
    /// The chunks with a free position.
    open: u64,
    chunks: Vec<Chunk<E>>,
}

/// Sixty-four positions.
#[derive(Debug)]
struct Chunk<E> {
    taken: u64,
    /// The entries that changed since somebody asked.
    touched: u64,
    /// The entries of the positions that are taken, in order.
    entries: Vec<E>,
}

/// How many chunks a page has, and how many positions a chunk.
const SIDE: u32 = u64::BITS;
const PAGE: u32 = SIDE * SIDE;
/// The most entries in a slab: an index counts positions from one, in 32 bits.
const LEN_MAX: usize = (u32::MAX - PAGE) as usize;

impl<E> Default for Slab<E> {
    fn default() -> Self {
        Self {
            pages: Vec::new(),
            open: BTreeSet::new(),
            touched: Vec::new(),
            len: 0,
        }
    }
}

impl<E> Default for Page<E> {
    fn default() -> Self {
        Self {
            open: u64::MAX,
            chunks: Vec::new(),
        }
    }
}

impl<E> Default for Chunk<E> {
    fn default() -> Self {
        Self {
            taken: 0,
            touched: 0,
            entries: Vec::new(),
        }
    }
}

impl<E> Chunk<E> {
    #[inline(always)]
    fn has(&self, bit: u32) -> bool {
        self.taken & (1 << bit) != 0
    }

    /// Where the entry of a bit stands, or would.
    #[inline(always)]
    fn place(&self, bit: u32) -> usize {
        (self.taken & ((1 << bit) - 1)).count_ones() as usize
    }

    fn put(&mut self, bit: u32, entry: E) -> Option<E> {
        let place = self.place(bit);
        if self.has(bit) {
            return Some(mem::replace(&mut self.entries[place], entry));
        }
        self.entries.insert(place, entry);
        self.taken |= 1 << bit;
        None
    }

    /// Takes an entry out, and gives memory back when most of it is not needed.
    fn remove(&mut self, bit: u32) -> E {
        let entry = self.entries.remove(self.place(bit));
        self.taken &= !(1 << bit);
        self.touched &= !(1 << bit);
        if self.entries.len() * 4 <= self.entries.capacity() {
            self.entries.shrink_to(self.entries.len() * 2);
        }
        entry
    }
}

impl<E> Page<E> {
    fn chunk_mut(&mut self, chunk: u32) -> &mut Chunk<E> {
        if self.chunks.is_empty() {
            self.chunks.resize_with(SIDE as usize, Chunk::default);
        }
        &mut self.chunks[chunk as usize]
    }
}

/// The page, the chunk in it and the bit in that of a position.
#[inline(always)]
fn split(at: u32) -> (usize, u32, u32) {
    ((at / PAGE) as usize, at / SIDE % SIDE, at % SIDE)
}

impl<E> Slab<E> {
    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The entry at a position, which must be taken.
    #[inline(always)]
    pub(super) fn entry(&self, at: u32) -> &E {
        let (page, chunk, bit) = split(at);
        let chunk = &self.pages[page].chunks[chunk as usize];
        debug_assert!(chunk.has(bit), "position {at} is free");
        &chunk.entries[chunk.place(bit)]
    }

    /// The entry at a position, which must be taken, to be changed: it is touched.
    #[inline(always)]
    pub(super) fn entry_mut(&mut self, at: u32) -> &mut E {
        let (page, chunk, bit) = split(at);
        let chunk = &mut self.pages[page].chunks[chunk as usize];
        debug_assert!(chunk.has(bit), "position {at} is free");
        if chunk.touched == 0 {
            self.touched.push(at / SIDE);
        }
        chunk.touched |= 1 << bit;
        let place = chunk.place(bit);
        &mut chunk.entries[place]
    }

    /// The position that the next new entry gets.
    pub(super) fn next_free(&self) -> u32 {
        let Some(&number) = self.open.first() else {
            return self.pages.len() as u32 * PAGE;
        };
        let page = &self.pages[number as usize];
        let chunk = page.open.trailing_zeros();
        let taken = page
            .chunks
            .get(chunk as usize)
            .map_or(0, |chunk| chunk.taken);
        number * PAGE + chunk * SIDE + taken.trailing_ones()
    }

    /// Puts an entry to the lowest free position. It is touched.
    #[inline]
    pub(super) fn insert(&mut self, entry: E) -> u32 {
        let at = self.next_free();
        self.put(at, entry);
        self.entry_mut(at);
        at
    }

    /// Puts an entry to a position, and gives the one that was there. It is not touched by that.
    ///
    /// # Panics
    ///
    /// When it would be one entry too many for 32 bits.
    pub(super) fn put(&mut self, at: u32, entry: E) -> Option<E> {
        let (number, chunk, bit) = split(at);
        self.have_pages(number + 1);
        let page = &mut self.pages[number];
        let before = page.chunk_mut(chunk).put(bit, entry);
        if page.chunk_mut(chunk).taken == u64::MAX {
            page.open &= !(1 << chunk);
        }
        if page.open == 0 {
            self.open.remove(&(number as u32));
        }
        self.len += usize::from(before.is_none());
        before
    }

    /// Takes the entry at a position, which must be taken, out.
    pub(super) fn remove(&mut self, at: u32) -> E {
        let (number, chunk, bit) = split(at);
        let page = &mut self.pages[number];
        let entry = page.chunk_mut(chunk).remove(bit);
        page.open |= 1 << chunk;
        self.open.insert(number as u32);
        self.len -= 1;
        entry
    }

    /// Whether a position is taken.
    pub(super) fn has(&self, at: u32) -> bool {
        let (page, chunk, bit) = split(at);
        let chunk = self
            .pages
            .get(page)
            .and_then(|page| page.chunks.get(chunk as usize));
        chunk.is_some_and(|chunk| chunk.has(bit))
    }

    /// Whether a position may be asked for.
    pub(super) fn can_have(at: u32) -> bool {
        (at as usize) < LEN_MAX
    }

    fn have_pages(&mut self, pages: usize) {
        assert!(
            pages * PAGE as usize <= LEN_MAX + PAGE as usize,
            "a partition holds at most {LEN_MAX} keys: use more partitions"
        );
        while self.pages.len() < pages {
            self.open.insert(self.pages.len() as u32);
            self.pages.push(Page::default());
        }
    }

    /// All entries with their positions, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &E)> {
        self.pages.iter().zip(0u32..).flat_map(|(page, number)| {
            let chunks = page.chunks.iter().zip(number * SIDE..);
            chunks.flat_map(|(chunk, number)| bits(chunk.taken, number).zip(&chunk.entries))
        })
    }

    /// The chunks, whatever is in them, in order from one on: for a walk in steps.
    pub(super) fn chunks_from(&self, first: u32) -> impl Iterator<Item = u32> {
        first..self.pages.len() as u32 * SIDE
    }

    /// The entries of one chunk, with their positions.
    pub(super) fn chunk(&self, number: u32) -> impl Iterator<Item = (u32, &E)> {
        let page = &self.pages[(number / SIDE) as usize];
        let chunk = page.chunks.get((number % SIDE) as usize);
        chunk
            .into_iter()
            .flat_map(move |chunk| bits(chunk.taken, number).zip(&chunk.entries))
    }

    /// The positions that were touched since the last call, in order.
    pub(super) fn take_touched(&mut self) -> Vec<u32> {
        let mut numbers = mem::take(&mut self.touched);
        numbers.sort_unstable();
        numbers.dedup(); // a chunk whose touched entries were all removed is noted again
        let mut touched = Vec::with_capacity(numbers.len());
        for number in numbers {
            let page = &mut self.pages[(number / SIDE) as usize];
            let chunk = page.chunk_mut(number % SIDE);
            touched.extend(bits(mem::take(&mut chunk.touched), number));
        }
        touched
    }
}

/// The positions of the bits that are set for a chunk.
fn bits(mut set: u64, chunk: u32) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = (set != 0).then(|| set.trailing_zeros())?;
        set &= set - 1;
        Some(chunk * SIDE + bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(slab: &Slab<u32>) -> Vec<(u32, u32)> {
        slab.iter().map(|(at, entry)| (at, *entry)).collect()
    }

    #[test]
    fn the_lowest_free_position_is_taken_first() {
        let mut slab = Slab::default();
        for entry in 0..10_000 {
            assert_eq!(slab.insert(entry), entry);
        }
        for at in [9_999, 4_500, 70, 64, 0] {
            assert_eq!(slab.remove(at), at);
        }
        assert_eq!(slab.len(), 9_995);
        let taken: Vec<u32> = (0..6).map(|_| slab.insert(7)).collect();
        assert_eq!(taken, [0, 64, 70, 4_500, 9_999, 10_000]);
    }

    #[test]
    fn entries_that_are_put_back_go_on_as_before() {
        let mut slab = Slab::default();
        (0..300).for_each(|entry| {
            slab.insert(entry);
        });
        (0..300).filter(|at| at % 7 < 3).for_each(|at| {
            slab.remove(at);
        });
        let mut again = Slab::default();
        let mut entries = all(&slab);
        entries.reverse();
        entries.iter().for_each(|&(at, entry)| {
            again.put(at, entry);
        });
        assert_eq!(all(&again), all(&slab));
        for entry in 0..200 {
            assert_eq!(again.insert(entry), slab.insert(entry));
        }
    }

    #[test]
    fn what_was_touched_is_told_once() {
        let mut slab = Slab::default();
        (0..200).for_each(|entry| {
            slab.insert(entry);
        });
        assert!(slab.take_touched().into_iter().eq(0..200));
        for at in [150, 3, 150, 64, 65] {
            *slab.entry_mut(at) += 1;
        }
        slab.remove(64);
        slab.remove(3);
        *slab.entry_mut(5) += 1;
        assert_eq!(slab.take_touched(), [5, 65, 150]);
        assert!(slab.take_touched().is_empty());
    }

    #[test]
    fn a_position_far_off_costs_little() {
        let mut slab = Slab::default();
        let far = LEN_MAX as u32 - 1;
        assert!(Slab::<u8>::can_have(far));
        slab.put(far, 1u8);
        assert_eq!((slab.insert(2), slab.insert(3)), (0, 1));
        assert_eq!(slab.remove(far), 1);
        assert_eq!(slab.iter().count(), 2);
    }
}
