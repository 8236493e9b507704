//! Where the entries of a table stand: at positions that do not change, without room for what is
//! not there.

use std::mem;

use super::bits::{Bits, Positions};
use super::region::REGIONS;
use crate::prefetch::prefetch;

/// Entries by position. A position that became free is taken again before a new one is, the lowest
/// first of those for the entry's region: so the same entries at the same positions go on alike,
/// however they came there. The positions of the first shelf are for all regions, and those of any other
/// for the region of their page.
///
/// Positions are cut into pages of some KiB. A page has one bit for each position, which says
/// whether it is taken, and the entries that are there, close together: as long as none was removed
/// an entry is where its position says, otherwise the bits before it are counted. So nothing has to
/// mark an empty place, an entry that was removed is gone at once, and a slab grows by a page,
/// without copying what is in it.
///
/// Memory: the entries, and one byte for each at most.
#[derive(Debug)]
pub(super) struct Slab<E> {
    shelves: Vec<Shelf<E>>,
    /// For each region a shelf before which, but for the first one, no position of it is free.
    full_before: [u32; REGIONS],
    /// Whether somebody has asked what was touched, and so got all entries.
    is_followed: bool,
    len: usize,
}

/// A page for each region, or none: then all of its positions are free. So a position far off, as a
/// damaged file may name it, costs little.
#[derive(Debug)]
struct Shelf<E> {
    /// The pages with a free position.
    open: u64,
    pages: Option<Box<Pages<E>>>,
}

#[derive(Debug)]
struct Pages<E> {
    pages: [Page<E>; REGIONS],
    /// The positions that are taken, by page. Apart from the pages, which are all that looking at an
    /// entry needs.
    taken: [Bits; REGIONS],
}

/// Where to note that an entry has changed. It is found with the entry, which is the longest way.
#[derive(Debug)]
pub(super) struct Mark<'s> {
    touched: &'s mut Bits,
    bit: u32,
}

impl Mark<'_> {
    /// Notes it, whether or not somebody is going to ask: to find that out takes as long.
    #[inline(always)]
    pub(super) fn set(self) {
        self.touched.set(self.bit);
    }
}

#[derive(Debug)]
struct Page<E> {
    /// The entries of the positions that are taken, in order.
    entries: Vec<E>,
    /// Whether a free position is before one that is taken.
    has_holes: bool,
    /// The positions whose entries changed since somebody asked.
    touched: Bits,
}

/// What is asked for by its position is there.
const TAKEN: &str = "the position is taken";

/// How many pages a shelf has.
const SHELF: u32 = REGIONS as u32;

impl<E> Default for Slab<E> {
    fn default() -> Self {
        Self {
            shelves: Vec::new(),
            full_before: [1; REGIONS],
            is_followed: false,
            len: 0,
        }
    }
}

impl<E> Default for Shelf<E> {
    fn default() -> Self {
        Self {
            open: u64::MAX,
            pages: None,
        }
    }
}

impl<E> Default for Page<E> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            has_holes: false,
            touched: Bits::default(),
        }
    }
}

impl<E> Default for Pages<E> {
    fn default() -> Self {
        Self {
            pages: std::array::from_fn(|_| Page::default()),
            taken: [Bits::default(); REGIONS],
        }
    }
}

impl<E> Pages<E> {
    /// Where in its page the entry of a position stands, if it is not past the last one.
    #[inline(always)]
    fn place(&self, page: usize, bit: u32) -> Option<usize> {
        if self.pages[page].has_holes {
            self.place_beside_holes(page, bit)
        } else {
            Some(bit as usize)
        }
    }

    #[cold]
    #[inline(never)]
    fn place_beside_holes(&self, page: usize, bit: u32) -> Option<usize> {
        let taken = &self.taken[page];
        taken.has(bit).then(|| taken.rank(bit))
    }

    #[inline(always)]
    fn get(&self, page: usize, bit: u32) -> Option<&E> {
        let place = self.place(page, bit)?;
        self.pages[page].entries.get(place)
    }

    #[inline(always)]
    fn get_mut(&mut self, page: usize, bit: u32) -> Option<(&mut E, Mark<'_>)> {
        let place = self.place(page, bit)?;
        let Page {
            entries, touched, ..
        } = &mut self.pages[page];
        let entry = entries.get_mut(place)?;
        Some((entry, Mark { touched, bit }))
    }

    fn put(&mut self, page: usize, bit: u32, entry: E) -> Option<E> {
        let taken = &mut self.taken[page];
        let Page {
            entries, has_holes, ..
        } = &mut self.pages[page];
        let place = taken.rank(bit);
        if taken.has(bit) {
            return Some(mem::replace(&mut entries[place], entry));
        }
        entries.insert(place, entry);
        taken.set(bit);
        *has_holes = entries.len() != taken.first_clear() as usize;
        None
    }

    /// Takes an entry out, and gives memory back when most of it is not needed.
    fn remove(&mut self, page: usize, bit: u32) -> E {
        let place = self.place(page, bit).expect(TAKEN);
        let Page {
            entries,
            has_holes,
            touched,
        } = &mut self.pages[page];
        let entry = entries.remove(place);
        touched.clear(bit);
        self.taken[page].clear(bit);
        *has_holes = entries.len() != self.taken[page].first_clear() as usize;
        if entries.len() * 4 <= entries.capacity() {
            entries.shrink_to(entries.len() * 2);
        }
        entry
    }
}

impl<E> Slab<E> {
    /// How many positions a page has: so many that removing an entry moves few KiB.
    const PAGE: u32 = {
        let fit = 8_192
            / if size_of::<E>() == 0 {
                1
            } else {
                size_of::<E>()
            } as u32;
        if fit >= Bits::LEN {
            Bits::LEN
        } else if fit >= 256 {
            256
        } else if fit >= 128 {
            128
        } else {
            64
        }
    };
    const SHELF: u32 = SHELF * Self::PAGE;
    /// An index counts positions from one, in 32 bits.
    const POSITIONS: u32 = u32::MAX / Self::SHELF * Self::SHELF;

    /// The shelf, the page on it and the bit there of a position.
    #[inline(always)]
    fn split(at: u32) -> (usize, usize, u32) {
        let page = at / Self::PAGE;
        (
            (page / SHELF) as usize,
            (page % SHELF) as usize,
            at % Self::PAGE,
        )
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The entry at a position, which must be taken.
    #[inline(always)]
    pub(super) fn entry(&self, at: u32) -> &E {
        self.get(at).expect(TAKEN)
    }

    /// The entry at a position, if it is taken.
    #[inline(always)]
    pub(super) fn get(&self, at: u32) -> Option<&E> {
        let (shelf, page, bit) = Self::split(at);
        self.shelves.get(shelf)?.pages.as_ref()?.get(page, bit)
    }

    /// Brings the entry at a position, if it is taken, into the cache.
    #[inline(always)]
    pub(super) fn prefetch(&self, at: u32) {
        if let Some(entry) = self.get(at) {
            prefetch(entry);
        }
    }

    /// The entry at a position, which must be taken, to be changed: unless that is of no account, it
    /// has to be marked afterwards.
    #[inline(always)]
    pub(super) fn entry_and_mark(&mut self, at: u32) -> (&mut E, Mark<'_>) {
        self.get_mut(at).expect(TAKEN)
    }

    /// The entry at a position, if it is taken, to be changed and marked.
    #[inline(always)]
    pub(super) fn get_mut(&mut self, at: u32) -> Option<(&mut E, Mark<'_>)> {
        let (shelf, page, bit) = Self::split(at);
        self.shelves
            .get_mut(shelf)?
            .pages
            .as_mut()?
            .get_mut(page, bit)
    }

    /// The position that the next new entry of a region gets.
    pub(super) fn next_free(&self, region: usize) -> u32 {
        let number = self.first_open(region);
        let Some(shelf) = self.shelves.get(number) else {
            let page = if number == 0 { 0 } else { region as u32 };
            return number as u32 * Self::SHELF + page * Self::PAGE;
        };
        let page = match number {
            0 => shelf.open.trailing_zeros(),
            _ => region as u32,
        };
        let pages = shelf.pages.as_ref();
        let bit = pages.map_or(0, |pages| pages.taken[page as usize].first_clear());
        number as u32 * Self::SHELF + page * Self::PAGE + bit
    }

    /// The first shelf with a free position for a region; perhaps there is no such shelf yet.
    fn first_open(&self, region: usize) -> usize {
        if self.shelves.first().is_none_or(|shelf| shelf.open != 0) {
            return 0;
        }
        let first = self.full_before[region] as usize;
        let shelves = self.shelves.get(first..).unwrap_or_default();
        let full = shelves
            .iter()
            .take_while(|shelf| shelf.open >> region & 1 == 0);
        first + full.count()
    }

    /// Puts an entry to the lowest free position of its region. It is touched.
    ///
    /// # Panics
    ///
    /// When 32 bits do not suffice for the positions.
    #[inline]
    pub(super) fn insert(&mut self, region: usize, entry: E) -> u32 {
        let at = self.next_free(region);
        assert!(
            Self::can_have(at),
            "a partition holds no more than {} keys: use more partitions",
            Self::POSITIONS
        );
        self.full_before[region] = (at / Self::SHELF).max(self.full_before[region]);
        self.put(at, entry);
        self.entry_and_mark(at).1.set();
        at
    }

    /// Puts an entry to a position, and gives the one that was there. It is not touched by that.
    pub(super) fn put(&mut self, at: u32, entry: E) -> Option<E> {
        debug_assert!(Self::can_have(at));
        let (number, page, bit) = Self::split(at);
        if self.shelves.len() <= number {
            self.shelves.resize_with(number + 1, Shelf::default);
        }
        let shelf = &mut self.shelves[number];
        let pages = shelf.pages.get_or_insert_default();
        let before = pages.put(page, bit, entry);
        if pages.pages[page].entries.len() == Self::PAGE as usize {
            shelf.open &= !(1 << page);
        }
        self.len += usize::from(before.is_none());
        before
    }

    /// Takes the entry at a position, which must be taken, out.
    pub(super) fn remove(&mut self, at: u32) -> E {
        let (number, page, bit) = Self::split(at);
        let shelf = &mut self.shelves[number];
        let entry = shelf.pages.as_mut().expect(TAKEN).remove(page, bit);
        shelf.open |= 1 << page;
        let first = &mut self.full_before[page];
        *first = (*first).min((number as u32).max(1));
        self.len -= 1;
        entry
    }

    /// Whether there can be an entry at a position.
    pub(super) fn can_have(at: u32) -> bool {
        at < Self::POSITIONS
    }

    /// All entries with their positions, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &E)> {
        self.pages_from(0).flat_map(|page| {
            let mut positions = Vec::new();
            let entries = self.page(page, &mut positions);
            positions.into_iter().zip(entries)
        })
    }

    /// The pages, whatever is on them, in order from one on: for a walk in steps.
    pub(super) fn pages_from(&self, first: u32) -> impl Iterator<Item = u32> {
        first..self.shelves.len() as u32 * SHELF
    }

    /// The entries of one page; their positions are appended to `positions`.
    pub(super) fn page(&self, number: u32, positions: &mut Vec<u32>) -> &[E] {
        let first = number * Self::PAGE;
        let shelf = &self.shelves[(number / SHELF) as usize];
        let place = (number % SHELF) as usize;
        let Some(pages) = &shelf.pages else {
            return &[];
        };
        let page = &pages.pages[place];
        if page.has_holes {
            positions.extend(pages.taken[place].iter().map(|bit| first + bit));
        } else {
            positions.extend(first..first + page.entries.len() as u32);
        }
        &page.entries
    }

    /// What is there is known, and what was touched.
    pub(super) fn follow(&mut self) {
        self.is_followed = true;
        let shelves = self.shelves.iter_mut();
        let pages = shelves.filter_map(|shelf| shelf.pages.as_mut());
        for page in pages.flat_map(|pages| &mut pages.pages) {
            page.touched = Bits::default();
        }
    }

    /// The positions that were touched since the last call, in order; at the first call all of them.
    pub(super) fn take_touched(&mut self) -> Vec<u32> {
        if !self.is_followed {
            self.follow();
            return self.iter().map(|(at, _)| at).collect();
        }
        let mut touched = Positions::default();
        let firsts = (0..).step_by(Self::SHELF as usize);
        for (shelf, first) in self.shelves.iter_mut().zip(firsts) {
            let pages = shelf.pages.iter_mut().flat_map(|pages| &mut pages.pages);
            for (page, first) in pages.zip((first..).step_by(Self::PAGE as usize)) {
                touched.take(page.touched.words_mut(), first);
            }
        }
        touched.finish()
    }
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
            assert_eq!(slab.insert(0, entry), entry);
        }
        for at in [9_999, 4_500, 70, 64, 0] {
            assert_eq!(slab.remove(at), at);
        }
        assert_eq!(slab.len(), 9_995);
        let taken: Vec<u32> = (0..6).map(|_| slab.insert(9, 7)).collect();
        assert_eq!(taken, [0, 64, 70, 4_500, 9_999, 10_000]);
    }

    #[test]
    fn entries_that_are_put_back_go_on_as_before() {
        let mut slab = Slab::default();
        (0..300).for_each(|entry| {
            slab.insert(3, entry);
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
            assert_eq!(again.insert(1, entry), slab.insert(1, entry));
        }
    }

    #[test]
    fn regions_have_pages_of_their_own_after_the_first_shelf() {
        let mut slab = Slab::<u64>::default();
        let shelf = Slab::<u64>::SHELF;
        (0..shelf).for_each(|at| assert_eq!(slab.insert(at as usize % REGIONS, 0), at));
        let page = Slab::<u64>::PAGE;
        assert_eq!(slab.insert(5, 1), shelf + 5 * page);
        assert_eq!(slab.insert(2, 1), shelf + 2 * page);
        assert_eq!(slab.insert(5, 1), shelf + 5 * page + 1);
        (2..page).for_each(|at| assert_eq!(slab.insert(5, 1), shelf + 5 * page + at));
        assert_eq!(slab.insert(5, 1), 2 * shelf + 5 * page);
        slab.remove(shelf + 5 * page + 7);
        slab.remove(3);
        assert_eq!(slab.insert(5, 1), 3, "a position for all regions");
        assert_eq!(slab.insert(5, 1), shelf + 5 * page + 7);
        assert_eq!(slab.insert(5, 1), 2 * shelf + 5 * page + 1);
    }

    #[test]
    fn what_was_touched_is_told_once() {
        let mut slab = Slab::default();
        (0..200).for_each(|entry| {
            slab.insert(3, entry);
        });
        assert!(slab.take_touched().into_iter().eq(0..200));
        // On a page of a shelf behind one without pages, and beside holes.
        let far = 2 * Slab::<u32>::SHELF + 3 * Slab::<u32>::PAGE + 1;
        slab.put(far, far);
        for at in [150, 3, 150, 64, 65, far] {
            slab.entry_and_mark(at).1.set();
        }
        slab.remove(64);
        slab.remove(3);
        slab.entry_and_mark(5).1.set();
        assert_eq!(slab.take_touched(), [5, 65, 150, far]);
        (100..110).for_each(|at| slab.entry_and_mark(at).1.set());
        assert!(slab.take_touched().into_iter().eq(100..110));
        assert!(slab.take_touched().is_empty());
    }

    #[test]
    fn a_position_far_off_costs_little() {
        let mut slab = Slab::default();
        let far = Slab::<u8>::POSITIONS - 1;
        assert!(Slab::<u8>::can_have(far) && !Slab::<u8>::can_have(far + 1));
        slab.put(far, 1u8);
        assert_eq!((slab.insert(0, 2), slab.insert(5, 3)), (0, 1));
        assert_eq!(slab.remove(far), 1);
        assert_eq!(slab.iter().count(), 2);
    }
}
