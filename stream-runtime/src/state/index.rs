//! From hashes to positions.

use super::region::{REGIONS, Regions};
use super::tags;
use crate::prefetch::prefetch;

/// The positions of a table's entries, by the hashes of their keys.
///
/// Each region of the table has a segment, which is cut into blocks by the lowest bits of the hash. A
/// block is a cache line: eight positions with 32 bits of their hashes, the *tags*. What finds no room in
/// its own block is in the next one that has some. So a probe looks at one line, compares eight tags at
/// once, and looks at a key only if 38 bits of its hash agree.
///
/// A segment that is four fifths full is copied into one a quarter larger: one pass in order,
/// without a key being hashed again. The segments fill up at different times and each is a small
/// part of the table, so no insertion takes long, and nowhere are two copies of the whole.
///
/// Memory: 10 to 13 bytes a key.
#[derive(Debug)]
pub(super) struct Index {
    regions: Regions,
    segments: Box<[Segment; REGIONS]>,
}

#[derive(Debug, Default)]
struct Segment {
    blocks: Vec<Block>,
    /// How many of the blocks a tag may be at home in. The others hold what those have no room for.
    homes: u32,
    len: u32,
}

/// Up to eight positions, the empty places last.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Block {
    tags: [u32; BLOCK],
    /// They count from one; zero is an empty place.
    positions: [u32; BLOCK],
}

/// What is known of the keys of the next records before it is their turn.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    /// Where the keys of a group are likely to stand; [`NOWHERE`] for those that are not there, and for a few
    /// that are.
    positions: Vec<u32>,
    /// Where those of the next group are at home.
    homes: Vec<Home>,
}

impl Ahead {
    /// Where the keys of the next records are likely to stand.
    pub(crate) fn positions(&self) -> &[u32] {
        &self.positions
    }
}

/// So many keys are looked up together: half as many or twice as many take longer.
const GROUP: usize = 32;

/// No position.
pub(super) const NOWHERE: u32 = u32::MAX;

/// Where a hash is at home, as long as its segment does not grow.
#[derive(Debug, Clone, Copy)]
struct Home {
    segment: u32,
    block: u32,
    tag: u32,
}

/// How many positions a block has.
const BLOCK: usize = 8;

impl Default for Index {
    fn default() -> Self {
        Self::one_of(1)
    }
}

impl Index {
    /// That of a table in one of so many partitions.
    pub(super) fn one_of(partitions: usize) -> Self {
        Self {
            regions: Regions::of_one_of(partitions),
            segments: Box::new(std::array::from_fn(|_| Segment::default())),
        }
    }

    /// The region of a hash.
    #[inline(always)]
    pub(super) fn region(&self, hash: u64) -> usize {
        self.regions.split(hash).0
    }

    /// The position with this hash that `is` accepts.
    #[inline(always)]
    pub(super) fn find(&self, hash: u64, is: impl FnMut(u32) -> bool) -> Option<u32> {
        let (segment, tag) = self.regions.split(hash);
        self.segments[segment].find(tag, is)
    }

    /// Where a hash is at home: its block is brought into the cache.
    #[inline(always)]
    fn home(&self, hash: u64) -> Home {
        let (segment, tag) = self.regions.split(hash);
        let block = self.segments[segment].home(tag);
        if let Some(block) = self.segments[segment].blocks.get(block) {
            prefetch(block);
        }
        Home {
            segment: segment as u32,
            block: block as u32,
            tag,
        }
    }

    /// A position that is likely to be that of the hash which is at home there.
    #[inline(always)]
    fn guess(&self, home: Home) -> Option<u32> {
        let segment = &self.segments[home.segment as usize % REGIONS];
        segment.find_from(home.block as usize, home.tag, |_| true)
    }

    /// Brings the block in which a hash is at home into the cache.
    #[inline(always)]
    pub(super) fn prefetch(&self, hash: u64) {
        self.home(hash);
    }

    /// Guesses the positions of the keys of the first [`GROUP`] of these records, and finds out where those of
    /// the next are at home; `ask` is to ask for what stands at a position. `ahead` is of the records before
    /// these.
    ///
    /// Each step is done for a group of keys before the next step is. So the memory that they need is
    /// fetched for many keys at the same time, where [`find`](Self::find) would wait for it key by key;
    /// and the steps are so short that a processor works on several keys at once even if all is in the
    /// cache.
    #[inline(always)]
    pub(super) fn look_ahead<R>(
        &self,
        records: &[R],
        hash: impl Fn(&R) -> u64,
        ask: impl Fn(u32),
        ahead: &mut Ahead,
    ) {
        let mut groups = records.chunks(GROUP);
        let (these, next) = (groups.next(), groups.next());
        let Ahead { homes, positions } = ahead;
        if homes.is_empty() {
            self.find_homes(these, &hash, homes);
        }
        positions.clear();
        positions.extend(homes.iter().map(|home| {
            let at = self.guess(*home).unwrap_or(NOWHERE);
            ask(at);
            at
        }));
        self.find_homes(next, &hash, homes);
    }

    #[inline(always)]
    fn find_homes<R>(
        &self,
        records: Option<&[R]>,
        hash: &impl Fn(&R) -> u64,
        homes: &mut Vec<Home>,
    ) {
        homes.clear();
        let records = records.unwrap_or_default();
        homes.extend(records.iter().map(|record| self.home(hash(record))));
    }

    /// Adds a position, which must not be there.
    #[inline]
    pub(super) fn insert(&mut self, hash: u64, at: u32) {
        let (segment, tag) = self.regions.split(hash);
        self.segments[segment].insert(tag, at);
    }

    /// Removes a position, which must be there.
    pub(super) fn remove(&mut self, hash: u64, at: u32) {
        let (segment, tag) = self.regions.split(hash);
        self.segments[segment].remove(tag, at);
    }
}

impl Block {
    /// The places with this tag, as bits; empty ones may be among them.
    #[inline(always)]
    fn matches(&self, tag: u32) -> u32 {
        tags::equal(self.tags, tag)
    }

    #[inline(always)]
    fn is_full(&self) -> bool {
        self.positions[BLOCK - 1] != 0
    }

    #[inline(always)]
    fn len(&self) -> usize {
        let empty = tags::equal(self.positions, 0);
        (empty | 1 << BLOCK).trailing_zeros() as usize
    }

    fn entries(self) -> impl Iterator<Item = (u32, u32)> {
        self.tags.into_iter().zip(self.positions).take(self.len())
    }

    fn set(&mut self, place: usize, (tag, position): (u32, u32)) {
        self.tags[place] = tag;
        self.positions[place] = position;
    }

    /// Takes out what is at a place; the last one takes its place.
    fn take(&mut self, place: usize) -> (u32, u32) {
        let last = self.len() - 1;
        let taken = (self.tags[place], self.positions[place]);
        self.set(place, (self.tags[last], self.positions[last]));
        self.set(last, (0, 0));
        taken
    }
}

impl Segment {
    #[inline(always)]
    fn find(&self, tag: u32, is: impl FnMut(u32) -> bool) -> Option<u32> {
        self.find_from(self.home(tag), tag, is)
    }

    #[inline(always)]
    fn find_from(&self, home: usize, tag: u32, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        for block in self.blocks.get(home..)? {
            let mut matches = block.matches(tag);
            while matches != 0 {
                let at = block.positions[matches.trailing_zeros() as usize].wrapping_sub(1);
                if at != u32::MAX && is(at) {
                    return Some(at);
                }
                matches &= matches - 1;
            }
            if !block.is_full() {
                return None;
            }
        }
        None
    }

    /// The block where a tag is looked for first.
    #[inline(always)]
    fn home(&self, tag: u32) -> usize {
        ((u64::from(tag) * u64::from(self.homes)) >> u32::BITS) as usize
    }

    #[inline]
    fn insert(&mut self, tag: u32, at: u32) {
        if u64::from(self.len) * 5 >= u64::from(self.homes) * BLOCK as u64 * 4 {
            self.grow();
        }
        self.place(tag, at + 1);
        self.len += 1;
    }

    /// Puts a position into the first block with room, from its home on.
    #[inline]
    fn place(&mut self, tag: u32, position: u32) {
        let home = self.home(tag);
        let room = self.blocks[home..]
            .iter()
            .position(|block| !block.is_full());
        let at = room.map_or(self.blocks.len(), |room| home + room);
        if at == self.blocks.len() {
            self.blocks.push(Block::default());
        }
        let block = &mut self.blocks[at];
        block.set(block.len(), (tag, position));
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        self.homes += (self.homes / 4).max(1);
        let blocks = vec![Block::default(); self.homes as usize];
        let old = std::mem::replace(&mut self.blocks, blocks);
        for (tag, position) in old.into_iter().flat_map(Block::entries) {
            self.place(tag, position);
        }
    }

    fn remove(&mut self, tag: u32, at: u32) {
        let home = self.home(tag);
        let found = (home..self.blocks.len()).find_map(|block| {
            let mut entries = self.blocks[block].positions.iter();
            Some((block, entries.position(|&position| position == at + 1)?))
        });
        let Some((mut hole, place)) = found else {
            debug_assert!(false, "the position is not in the index");
            return;
        };
        self.len -= 1;
        let mut was_full = self.blocks[hole].is_full();
        self.blocks[hole].take(place);
        // What had found no room here comes back, so that every block from a home on is full.
        let mut next = hole + 1;
        while was_full && next < self.blocks.len() {
            let is_full = self.blocks[next].is_full();
            let mut entries = self.blocks[next].entries();
            if let Some(place) = entries.position(|(tag, _)| self.home(tag) <= hole) {
                let entry = self.blocks[next].take(place);
                let block = &mut self.blocks[hole];
                block.set(block.len(), entry);
                hole = next;
            }
            was_full = is_full;
            next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::key::Key;

    /// Hashes that are nothing but a counter, spread by `step`.
    fn hashes(step: u64) -> impl Iterator<Item = u64> {
        (0..5_000u64).map(move |n| n.wrapping_mul(step))
    }

    fn check(hashes: &[u64]) {
        let (mut index, mut expected) = (Index::default(), HashMap::new());
        for (at, &hash) in (0u32..).zip(hashes) {
            index.insert(hash, at);
            expected.insert(at, hash);
        }
        for at in (0..hashes.len() as u32).filter(|at| at % 3 == 0) {
            index.remove(hashes[at as usize], at);
            expected.remove(&at);
        }
        for (at, &hash) in (0u32..).zip(hashes) {
            let found = index.find(hash, |other| other == at);
            assert_eq!(found.is_some(), expected.contains_key(&at), "{hash:#x}");
        }
        let len: u32 = index.segments.iter().map(|segment| segment.len).sum();
        assert_eq!(len as usize, expected.len());
    }

    #[test]
    fn every_position_is_found_until_it_is_removed() {
        check(&Vec::from_iter(hashes(0x9e37_79b9_7f4a_7c15)));
    }

    #[test]
    fn hashes_that_are_close_or_equal_are_told_apart() {
        check(&Vec::from_iter(hashes(1)));
        check(&Vec::from_iter(hashes(1 << 10)));
        check(&[u64::MAX; 100]);
        check(&[0; 100]);
    }

    #[test]
    fn segments_are_three_to_four_fifths_full() {
        let mut index = Index::default();
        for (at, hash) in (0..).zip((0..200_000u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        {
            index.insert(hash, at);
        }
        for segment in index.segments.iter() {
            let load = f64::from(segment.len) / (segment.blocks.len() * BLOCK) as f64;
            assert!((0.6..=0.8).contains(&load), "{load}");
        }
    }

    /// The records of a batch come part by part, by the highest bits of their hashes.
    #[test]
    fn half_of_a_region_is_all_over_its_segment() {
        let mut index = Index::default();
        let hashes = (0..200_000u64).map(|key| key.hash(&()));
        for (at, hash) in (0..).zip(hashes.filter(|hash| hash >> 57 & 1 == 0)) {
            index.insert(hash, at);
        }
        let blocks = || index.segments.iter().flat_map(|segment| &segment.blocks);
        let full = blocks().filter(|block| block.is_full()).count();
        assert!(
            full * 4 < blocks().count(),
            "{full} of {}",
            blocks().count()
        );
    }
}
