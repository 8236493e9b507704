//! From hashes to positions.

/// The positions of a table's entries, by the hashes of their keys.
///
/// The table is cut into segments by bits of the hash. Each is a row of slots of eight bytes, with
/// the next 32 bits of the hash and a position, *in the order of these bits*: a hash says about
/// where in the row it belongs, and gaps leave room for more. So a probe reads a slot or two, side
/// by side, ends as soon as the order says that nothing can follow, and looks at a key only if 38
/// bits of its hash agree.
///
/// A segment that is three quarters full is copied into one a quarter larger: one pass in order,
/// without a key being hashed again. The segments fill up at different times and each is a small
/// part of the table, so no insertion takes long, and nowhere are two copies of the whole.
///
/// Memory: 11 to 14 bytes a key. (Linear probing in order is Amble and Knuth's, "Ordered hash
/// tables", 1974.)
#[derive(Debug)]
pub(super) struct Index {
    segments: Box<[Segment]>,
}

#[derive(Debug, Default)]
struct Segment {
    /// Zero is an empty slot; the last one always is.
    slots: Vec<u64>,
    /// At how many of the slots a tag may be at home. The others are for those that are pushed on.
    homes: u32,
    len: u32,
}

/// Hashes are cut at these bits: above are those by which keys fall into partitions.
const SEGMENT_BITS: u32 = 6;
const GROUP_BITS: u32 = 16;
const TAG_BITS: u32 = 32;

/// A segment begins with this many homes.
const HOMES_MIN: u32 = 4;
/// The slots beyond the last home, so that no row has to go on at its beginning.
const OVERHANG: usize = 8;

/// The segment of a hash, and the tag by which it is found there.
#[inline(always)]
fn split(hash: u64) -> (usize, u64) {
    let below = hash << GROUP_BITS;
    let tag = below << SEGMENT_BITS >> (u64::BITS - TAG_BITS);
    ((below >> (u64::BITS - SEGMENT_BITS)) as usize, tag)
}

impl Default for Index {
    fn default() -> Self {
        Self {
            segments: (0..1 << SEGMENT_BITS).map(|_| Segment::default()).collect(),
        }
    }
}

impl Index {
    /// The position with this hash that `is` accepts.
    #[inline(always)]
    pub(super) fn find(&self, hash: u64, is: impl FnMut(u32) -> bool) -> Option<u32> {
        let (segment, tag) = split(hash);
        self.segments[segment].find(tag, is)
    }

    /// Adds a position, which must not be there.
    #[inline]
    pub(super) fn insert(&mut self, hash: u64, at: u32) {
        let (segment, tag) = split(hash);
        self.segments[segment].insert(slot(tag, at));
    }

    /// Removes a position, which must be there.
    pub(super) fn remove(&mut self, hash: u64, at: u32) {
        let (segment, tag) = split(hash);
        self.segments[segment].remove(slot(tag, at));
    }
}

/// A slot that is taken. Positions count from one, so that it is not zero.
#[inline(always)]
fn slot(tag: u64, at: u32) -> u64 {
    tag << TAG_BITS | u64::from(at + 1)
}

#[inline(always)]
fn tag_of(slot: u64) -> u64 {
    slot >> TAG_BITS
}

impl Segment {
    #[inline(always)]
    fn find(&self, tag: u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        for &slot in self.slots.get(self.home(tag)..)? {
            if slot == 0 || tag_of(slot) > tag {
                return None;
            }
            let at = (slot as u32).wrapping_sub(1);
            if tag_of(slot) == tag && is(at) {
                return Some(at);
            }
        }
        None
    }

    /// Where the slots of a tag begin, if those before it leave room.
    #[inline(always)]
    fn home(&self, tag: u64) -> usize {
        (tag * u64::from(self.homes) >> TAG_BITS) as usize
    }

    #[inline]
    fn insert(&mut self, slot: u64) {
        if u64::from(self.len) * 4 >= u64::from(self.homes) * 3 {
            self.grow();
        }
        let mut at = self.home(tag_of(slot));
        while self.slots[at] != 0 && self.slots[at] < slot {
            at += 1;
        }
        let gap = at + self.gap(at);
        self.slots.copy_within(at..gap, at + 1);
        self.slots[at] = slot;
        self.len += 1;
        self.end_with_a_gap();
    }

    /// How far from `at` the next empty slot is.
    #[inline(always)]
    fn gap(&self, at: usize) -> usize {
        let gap = self.slots[at..].iter().position(|&slot| slot == 0);
        gap.expect("the last slot is empty")
    }

    /// Where many tags are alike the overhang becomes longer.
    #[inline(always)]
    fn end_with_a_gap(&mut self) {
        if self.slots.last() != Some(&0) {
            self.slots.extend([0; OVERHANG]);
        }
    }

    /// Copies the slots into a longer row, in order.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        self.homes = (self.homes + self.homes / 4).max(HOMES_MIN);
        let slots = vec![0; self.homes as usize + OVERHANG];
        let old = std::mem::replace(&mut self.slots, slots);
        let mut next = 0;
        for slot in old.into_iter().filter(|&slot| slot != 0) {
            next = self.home(tag_of(slot)).max(next);
            self.slots[next] = slot;
            self.end_with_a_gap();
            next += 1;
        }
    }

    fn remove(&mut self, slot: u64) {
        let home = self.home(tag_of(slot));
        let found = self.slots[home..].iter().position(|&other| other == slot);
        let Some(mut at) = found.map(|found| home + found) else {
            debug_assert!(false, "the position is not in the index");
            return;
        };
        // What was pushed away from its home moves back.
        while self.slots[at + 1] != 0 && self.home(tag_of(self.slots[at + 1])) <= at {
            self.slots[at] = self.slots[at + 1];
            at += 1;
        }
        self.slots[at] = 0;
        self.len -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

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
    fn segments_are_three_fifths_to_three_quarters_full() {
        let mut index = Index::default();
        for (at, hash) in (0..).zip((0..200_000u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        {
            index.insert(hash, at);
        }
        for segment in &index.segments {
            let load = f64::from(segment.len) / segment.slots.len() as f64;
            assert!((0.55..=0.75).contains(&load), "{load}");
        }
    }
}
