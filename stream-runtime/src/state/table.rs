//! The table of keyed state: what one partition keeps for each of its keys.

use std::mem;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec::{self, Reader};
use super::index::{Ahead, Index};
use super::partitioned::{Part, Scope};
use super::slab::{Mark, Slab};
use super::{Draft, Malformed, StateShape, StateSize, TABLE};
use crate::key::{Key, OwnedKey, StateKey};
use crate::shape::shape_of;

/// The values that are kept for the keys of one partition.
///
/// A key is looked up as the record has it, borrowed, with the hash that travels with the record;
/// it is copied when it is seen for the first time. Entries stand at positions that do not change
/// as long as the key is there. The order of iteration is that of the positions: it depends on
/// what was added and removed in which order, on nothing else, and restoring a checkpoint brings
/// it back.
///
/// The table notes what changes, so that a checkpoint takes time by what changed, not by what is
/// there.
///
/// Memory: an entry (key and value, nothing else) and 12 to 15 bytes a key; in a table that is not
/// small, some KiB beside that for each [region](super::region). No insertion copies more than a small part
/// of the table.
#[derive(Debug)]
pub(crate) struct StateTable<K, V> {
    index: Index,
    entries: Slab<(K, V)>,
    /// The keys that were removed since the last delta; `None` until there is a checkpoint that
    /// could still have them.
    removed: Option<Vec<K>>,
    /// The next page of the image; `None` between two rounds.
    image: Option<u32>,
}

/// So many entries are on their way from memory while others are copied.
const TOUCHED_AHEAD: usize = 16;

impl<K, V> Default for StateTable<K, V> {
    fn default() -> Self {
        Self {
            index: Index::default(),
            entries: Slab::default(),
            removed: None,
            image: None,
        }
    }
}

/// The hash by which a kept key is found.
fn hash_of<K: Key>(key: &K) -> u64 {
    key.hash(&key.digest())
}

impl<K: OwnedKey, V> StateTable<K, V> {
    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Asks for what is needed to look a hash up.
    #[inline(always)]
    pub(crate) fn prefetch(&self, hash: u64) {
        self.index.prefetch(hash);
    }

    /// The position of a key with this hash.
    #[inline]
    pub(crate) fn find<'b, Q: StateKey<'b, Owned = K>>(&self, hash: u64, key: &Q) -> Option<u32> {
        self.index
            .find(hash, |at| key.is(&self.entries.entry(at).0))
    }

    /// Finds out where the keys of the next of these records are likely to stand. `ahead` is new, or of the
    /// records before these.
    #[inline(always)]
    pub(super) fn look_ahead<R>(&self, records: &[R], hash: impl Fn(&R) -> u64, ahead: &mut Ahead) {
        let ask = |at| self.entries.prefetch(at);
        self.index.look_ahead(records, hash, ask, ahead);
    }

    /// The value at a position, to be changed, if this key stands there: the next delta has it if the mark
    /// is set.
    #[inline(always)]
    pub(super) fn value_at<'b, Q: StateKey<'b, Owned = K>>(
        &mut self,
        at: u32,
        key: &Q,
    ) -> Option<(&mut V, Mark<'_>)> {
        let ((kept, value), mark) = self.entries.get_mut(at)?;
        key.is(kept).then_some((value, mark))
    }

    /// Adds a key that is not there, and gives its position.
    ///
    /// # Panics
    ///
    /// When no position is left for the key's region: with some four thousand million keys in the partition.
    pub(crate) fn insert(&mut self, hash: u64, key: K, value: V) -> u32 {
        debug_assert_eq!(hash, hash_of(&key), "a key is kept by its own hash");
        let at = self.entries.insert(self.index.region(hash), (key, value));
        self.index.insert(hash, at);
        at
    }

    /// The position of a key, which is added with what `make` gives if it is not there.
    #[inline]
    pub(crate) fn find_or_insert<'b, Q: StateKey<'b, Owned = K>>(
        &mut self,
        hash: u64,
        key: &Q,
        make: impl FnOnce() -> V,
    ) -> u32 {
        match self.find(hash, key) {
            Some(at) => at,
            None => self.insert(hash, key.own(), make()),
        }
    }

    /// The key at a position.
    #[inline(always)]
    pub(crate) fn key(&self, at: u32) -> &K {
        &self.entries.entry(at).0
    }

    /// The value at a position.
    #[inline(always)]
    pub(crate) fn value(&self, at: u32) -> &V {
        &self.entries.entry(at).1
    }

    /// The value at a position, to be changed: the next delta has it.
    #[inline(always)]
    pub(crate) fn value_mut(&mut self, at: u32) -> &mut V {
        let (value, mark) = self.value_and_mark(at);
        mark.set();
        value
    }

    /// The value at a position, to be changed: the next delta has it if the mark is set.
    #[inline(always)]
    pub(super) fn value_and_mark(&mut self, at: u32) -> (&mut V, Mark<'_>) {
        let ((_, value), mark) = self.entries.entry_and_mark(at);
        (value, mark)
    }

    /// The key and value at a position, if there are any.
    #[inline(always)]
    pub(super) fn get(&self, at: u32) -> Option<&(K, V)> {
        self.entries.get(at)
    }

    /// Whether a checkpoint wants to know what changes.
    pub(super) fn is_followed(&self) -> bool {
        self.removed.is_some()
    }

    /// Removes the entry at a position and gives its value.
    pub(crate) fn remove(&mut self, at: u32) -> V {
        let (key, value) = self.entries.remove(at);
        self.index.remove(hash_of(&key), at);
        if let Some(removed) = &mut self.removed {
            removed.push(key);
        }
        value
    }

    /// Removes the entries at positions that are in order. That goes from the last one to the first, so
    /// where all of a page are removed none moves up; and the index is asked for ahead.
    pub(crate) fn remove_all(&mut self, positions: &[u32]) {
        for (number, &at) in positions.iter().enumerate().rev() {
            if let Some(ahead) = number.checked_sub(TOUCHED_AHEAD) {
                self.prefetch(hash_of(self.key(positions[ahead])));
            }
            self.remove(at);
        }
    }

    /// All keys and values with their positions, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &K, &V)> {
        self.entries
            .iter()
            .map(|(at, (key, value))| (at, key, value))
    }

    /// All positions in order, each to be visited once while the table is changed. A position that
    /// is added meanwhile may be visited or not.
    pub(crate) fn positions(&self) -> Vec<u32> {
        self.entries.iter().map(|(at, _)| at).collect()
    }
}

/// What a checkpoint has of a table is a row of *changes*, each with the keys that were removed,
/// and then the entries that changed, with their positions:
///
/// ```text
/// count, key…, count, (position, key, value)…
/// ```
///
/// A slice of the image looks the same, with nothing removed. All are applied in the order in
/// which they were written.
impl<K, V> Part for StateTable<K, V>
where
    K: OwnedKey,
    V: Clone + Serialize + DeserializeOwned + Send + 'static,
{
    fn one_of(partitions: usize) -> Self {
        Self {
            index: Index::one_of(partitions),
            ..Self::default()
        }
    }

    fn shape() -> StateShape {
        StateShape::new(TABLE, shape_of::<K>(), shape_of::<V>())
    }

    /// The index is counted with 14 bytes a key.
    fn size(&self) -> StateSize {
        StateSize::of_keys(self.len(), size_of::<(K, V)>() + 14)
    }

    fn delta(&mut self, out: &mut Draft) {
        let removed = mem::take(self.removed.get_or_insert_default());
        let touched = self.entries.take_touched();
        let mut changes = Changes::new(removed, touched.len());
        for (number, &at) in touched.iter().enumerate() {
            if let Some(&next) = touched.get(number + TOUCHED_AHEAD) {
                self.entries.prefetch(next);
            }
            changes.push(at, self.entries.entry(at));
        }
        out.write_later(changes.about, move |out| changes.write(out));
    }

    fn begin_round(&mut self) {
        self.removed.get_or_insert_default();
        self.image = Some(0);
    }

    fn image(&mut self, out: &mut Draft, bytes: usize) -> bool {
        let about = bytes / size_of::<(u32, K, V)>();
        let mut slice = Changes::new(Vec::new(), about.min(self.len()));
        let mut next = None;
        for page in self.entries.pages_from(self.image.unwrap_or(u32::MAX)) {
            if slice.about >= bytes {
                next = Some(page);
                break;
            }
            slice.push_page(&self.entries, page);
        }
        self.image = next;
        out.write_later(slice.about, move |out| slice.write(out));
        next.is_none()
    }

    fn apply(&mut self, bytes: &[u8], scope: Scope) -> Result<(), Malformed> {
        self.removed.get_or_insert_default();
        self.entries.follow();
        let mut reader = Reader::new(bytes);
        for _ in 0..reader.count()? {
            let (_, key): (bool, K) = reader.read()?;
            if let Some(at) = self.position(hash_of(&key), &key) {
                self.take_out(at);
            }
        }
        for _ in 0..reader.count()? {
            let (at, key, value) = reader.read()?;
            self.apply_entry(at, key, value, scope)?;
        }
        reader.end()
    }
}

/// What a checkpoint is told of a table: copies.
#[derive(Debug)]
struct Changes<K, V> {
    removed: Vec<K>,
    /// Where the entries stand.
    positions: Vec<u32>,
    entries: Vec<(K, V)>,
    /// About how many bytes that makes.
    about: usize,
    /// About how many bytes an entry makes.
    each: usize,
}

impl<K, V> Changes<K, V>
where
    K: OwnedKey,
    V: Clone + Serialize,
{
    /// Of entries that own memory, how long they are when written is seen of one in so many, and of
    /// pages of the first.
    const SAMPLE: usize = 16;

    fn new(removed: Vec<K>, entries: usize) -> Self {
        Self {
            about: removed.len() * size_of::<K>(),
            removed,
            positions: Vec::with_capacity(entries),
            entries: Vec::with_capacity(entries),
            each: size_of::<(u32, K, V)>(),
        }
    }

    fn push(&mut self, at: u32, entry: &(K, V)) {
        if self.entries.len().is_multiple_of(Self::SAMPLE) {
            self.sample(entry);
        }
        self.about += self.each;
        self.positions.push(at);
        self.entries.push(entry.clone());
    }

    /// All entries of a page.
    fn push_page(&mut self, slab: &Slab<(K, V)>, page: u32) {
        let entries = slab.page(page, &mut self.positions);
        entries.first().into_iter().for_each(|it| self.sample(it));
        self.about += self.each * entries.len();
        self.entries.extend_from_slice(entries);
    }

    /// Takes the next entries to be as long as this one.
    fn sample(&mut self, entry: &(K, V)) {
        if mem::needs_drop::<(K, V)>() {
            self.each = codec::len_of(entry);
        }
    }

    /// A key that was removed has a byte before it, since a key may have none.
    fn write(&self, out: &mut Vec<u8>) {
        codec::write(&self.removed.len(), out);
        let removed = self.removed.iter();
        removed.for_each(|key| codec::write(&(false, key), out));
        codec::write(&self.entries.len(), out);
        for (at, (key, value)) in self.positions.iter().zip(&self.entries) {
            codec::write(&(at, key, value), out);
        }
    }
}

impl<K: OwnedKey, V> StateTable<K, V> {
    /// Puts an entry from a checkpoint to where it stood, or, if partitions were others then,
    /// wherever there is room.
    fn apply_entry(&mut self, at: u32, key: K, value: V, scope: Scope) -> Result<(), Malformed> {
        // Most entries are newer values of what stands there already.
        if scope.is_whole()
            && let Some((_, kept)) = self.entry_of(at, &key)
        {
            *kept = value;
            return Ok(());
        }
        let hash = hash_of(&key);
        if !scope.has(hash) {
            return Ok(());
        }
        if !Slab::<(K, V)>::can_have(at) {
            return Err(Malformed(format!("no table has a position {at}")));
        }
        let found = self.position(hash, &key);
        let at = match found {
            Some(found) if !scope.is_whole() => found,
            _ if !scope.is_whole() => self.entries.next_free(self.index.region(hash)),
            _ => at,
        };
        // In a sound checkpoint a position is free before another key stands there.
        if let Some(found) = found.filter(|&found| found != at) {
            self.take_out(found);
        }
        if let Some((other, _)) = self.entries.put(at, (key, value)) {
            self.index.remove(hash_of(&other), at);
        }
        self.index.insert(hash, at);
        Ok(())
    }

    /// The entry at a position, if it is that of this key.
    fn entry_of(&mut self, at: u32, key: &K) -> Option<&mut (K, V)> {
        let (kept, _) = self.entries.get(at)?;
        let is_same = kept.digest() == key.digest() && kept.same(key);
        is_same.then(|| self.entries.entry_and_mark(at).0)
    }

    fn position(&self, hash: u64, key: &K) -> Option<u32> {
        self.index.find(hash, |at| {
            self.entries.entry(at).0.digest() == key.digest() && self.entries.entry(at).0.same(key)
        })
    }

    /// Removes an entry that no checkpoint has to hear of.
    fn take_out(&mut self, at: u32) {
        let (key, _) = self.entries.remove(at);
        self.index.remove(hash_of(&key), at);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use compact_str::CompactString;

    use super::*;
    use crate::state::{Checkpoint, Partitioned};

    type Words = Partitioned<StateTable<CompactString, u64>>;

    /// A journal that is cut off when a round is complete, as a job has it.
    #[derive(Default)]
    struct Journal {
        parts: Vec<Vec<u8>>,
        /// Where the last complete round and the one under way begin.
        rounds: (usize, usize),
    }

    impl Journal {
        fn commit(&mut self, state: &mut Words) {
            let (mut delta, mut slice) = (Draft::default(), Draft::default());
            state.delta(&mut delta);
            let complete = state.image(&mut slice, 200);
            self.parts.extend([delta, slice].map(Draft::into_bytes));
            if complete {
                self.rounds = (self.rounds.1, self.parts.len());
                state.begin_round();
            }
        }

        fn restore(&self, partitions: usize) -> Words {
            let mut state = Words::new(partitions);
            for part in &self.parts[self.rounds.0..] {
                state.apply(part).unwrap();
            }
            state.begin_round();
            state
        }
    }

    fn part_of<'s>(
        state: &'s mut Words,
        key: &str,
    ) -> (u64, &'s mut StateTable<CompactString, u64>) {
        let hash = hash_of(&key);
        let partition = crate::key::partition_of(hash, state.parts().len());
        (hash, &mut state.parts_mut()[partition])
    }

    /// Counts a key, and removes it at each third time.
    fn count(state: &mut Words, key: &str) {
        let (hash, table) = part_of(state, key);
        let at = table.find_or_insert(hash, &key, || 0);
        *table.value_mut(at) += 1;
        if table.value(at).is_multiple_of(3) {
            table.remove(at);
        }
    }

    fn batch(state: &mut Words, chance: &mut fastrand::Rng) {
        for _ in 0..chance.usize(..60) {
            let key = format!("key {}", chance.u32(..150));
            count(state, &key);
        }
    }

    fn rows(state: &Words) -> Vec<Vec<(CompactString, u64)>> {
        let parts = state.parts().iter();
        parts
            .map(|part| {
                part.iter()
                    .map(|(_, key, count)| (key.clone(), *count))
                    .collect()
            })
            .collect()
    }

    fn sorted(state: &Words) -> BTreeMap<CompactString, u64> {
        rows(state).concat().into_iter().collect()
    }

    #[test]
    fn what_is_restored_goes_on_as_if_nothing_had_been() {
        for seed in 0..8 {
            let mut chance = fastrand::Rng::with_seed(seed);
            let (mut state, mut journal) = (Words::new(3), Journal::default());
            state.begin_round();
            for _ in 0..60 {
                batch(&mut state, &mut chance);
                journal.commit(&mut state);
                let restored = journal.restore(3);
                assert_eq!(rows(&restored), rows(&state), "seed {seed}");
                if chance.u8(..10) == 0 {
                    state = restored;
                }
            }
            assert!(journal.rounds.0 > 0, "a round was completed");
        }
    }

    #[test]
    fn keys_that_were_removed_leave_room_that_is_taken_alike_after_a_restore() {
        let mut chance = fastrand::Rng::with_seed(3);
        let (mut state, mut journal) = (Words::new(2), Journal::default());
        state.begin_round();
        for _ in 0..40 {
            batch(&mut state, &mut chance);
            journal.commit(&mut state);
        }
        let mut restored = journal.restore(2);
        for _ in 0..40 {
            batch(&mut state, &mut chance.clone());
            batch(&mut restored, &mut chance);
            assert_eq!(rows(&restored), rows(&state));
        }
    }

    #[test]
    fn other_partitions_keep_every_key() {
        let mut chance = fastrand::Rng::with_seed(7);
        let (mut state, mut journal) = (Words::new(3), Journal::default());
        state.begin_round();
        for partitions in [3, 1, 2, 7, 64, 5, 3, 4, 2] {
            for _ in 0..8 {
                batch(&mut state, &mut chance);
                journal.commit(&mut state);
            }
            let before = sorted(&state);
            state = journal.restore(partitions);
            assert_eq!(sorted(&state), before, "{partitions} partitions");
            for key in before.keys() {
                let (hash, table) = part_of(&mut state, key);
                assert!(
                    table.find(hash, &key.as_str()).is_some(),
                    "{key} is where it belongs"
                );
            }
        }
    }

    #[test]
    fn a_delta_has_what_changed_and_nothing_else() {
        let mut state = Words::new(1);
        ["a", "b", "c"]
            .iter()
            .for_each(|key| count(&mut state, key));
        let delta = |state: &mut Words| {
            let mut out = Draft::default();
            state.delta(&mut out);
            out.into_bytes()
        };
        delta(&mut state);
        assert_eq!(delta(&mut state), [1, 2, 0, 0]); // one part of two bytes: no removals, no entries
        (0..2).for_each(|_| count(&mut state, "b")); // three in all: it goes
        count(&mut state, "c");
        assert_eq!(delta(&mut state), b"\x01\x09\x01\x00\x01b\x01\x02\x01c\x02");
    }

    #[test]
    fn damaged_parts_are_errors() {
        let mut state = Words::new(2);
        (0..40).for_each(|key| count(&mut state, &format!("key {key}")));
        let mut whole = Draft::default();
        state.delta(&mut whole);
        let whole = whole.into_bytes();
        for len in 0..whole.len() {
            assert!(Words::new(2).apply(&whole[..len]).is_err(), "{len} bytes");
        }
        let mut chance = fastrand::Rng::with_seed(1);
        for _ in 0..1_000 {
            let mut bytes = whole.clone();
            let at = chance.usize(..bytes.len());
            bytes[at] ^= 1 << chance.u8(..8);
            let partitions = chance.usize(1..4);
            let mut damaged = Words::new(partitions);
            if damaged.apply(&bytes).is_ok() {
                assert!(sorted(&damaged).len() <= 40); // it can be used, whatever it holds
            }
        }
    }
}
