//! Records that are cut into parts by their hash while they are taken in, so that what is made of
//! each part afterwards, a table say, stays in the cache: radix partitioning, as in Manegold, Boncz
//! and Kersten, "Optimizing Main-Memory Join on Modern Hardware" (2002).

use serde::de::Deserializer;
use serde::ser::{SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};

use crate::buckets::{deal, deal_by};
use crate::engine::{Bucket, Buckets};
use crate::key::{Key, partition_of};
use crate::prefetch::prefetch;
use crate::table::Entry;

/// The number of parts. More would be written to more places at once than a core keeps track of.
const PARTS: usize = 1 << PART_BITS;
/// A part is told by the highest bits of a hash, as a partition is: so all partitions but a few
/// parts that lie on a border are runs of whole parts.
const PART_BITS: u32 = 7;
/// A task that has taken in so many records begins to cut.
const CUT_FROM: usize = 1 << 12;
/// What is kept of fewer keys is in the cache, whichever of them come.
const KEYS_MIN: usize = 1 << 16;
/// How large a part should be at most for a table over it to stay in the cache of one core.
const PART_BYTES: usize = 1 << 18;

/// Larger records take longer to bring in another order than is gained, where nothing but a lookup is.
const RECORD_BYTES: usize = 32;

/// Whether records that meet what is kept are cut finely: not if they borrow, since in another order the
/// text that they borrow from is all over the memory.
const fn are_cut_finely<K: Key, V>() -> bool {
    size_of::<Entry<K, V>>() <= RECORD_BYTES && !K::BORROWS
}

/// The records that one task takes in: as they come while they are few, and then in parts.
#[derive(Debug)]
pub struct Parts<K: Key, V> {
    /// One, or as many as there are to be.
    parts: Vec<Vec<Entry<K, V>>>,
    /// So many of the highest bits of a hash tell the part.
    bits: u32,
    /// The bits that could but do not.
    coarse: u32,
    /// So many bits will, when there are many records.
    bits_of_many: u32,
}

impl<K: Key, V> Parts<K, V> {
    /// Room for about `expected` records, to be cut as finely as there is a use for.
    pub(crate) fn for_tables(expected: usize) -> Self {
        Self::new(expected, PART_BITS)
    }

    /// Room for about `expected` records that meet what is kept in `width` partitions: cut as finely if
    /// they are small, and otherwise as far as that deals them out.
    pub(crate) fn for_states(expected: usize, width: usize) -> Self {
        let bits = match are_cut_finely::<K, V>() {
            true => PART_BITS,
            false => width.next_power_of_two().ilog2().min(PART_BITS),
        };
        Self::new(expected, bits)
    }

    /// The room may well be too much, since memory that is not written to costs nothing, and costs little
    /// if it is not enough.
    fn new(expected: usize, bits_of_many: u32) -> Self {
        let bits = if expected < CUT_FROM { 0 } else { bits_of_many };
        let even = expected >> bits;
        let mut parts = Vec::with_capacity(1 << bits);
        for _ in 0..1 << bits {
            parts.push(Vec::with_capacity(even + even / 8));
        }
        Self {
            parts,
            bits,
            coarse: PART_BITS - bits,
            bits_of_many,
        }
    }

    /// So many records on, a part goes on in another line of the cache.
    const ROOM_AHEAD: usize = 64 / (1 + size_of::<Entry<K, V>>()) + 1;

    /// Takes in a record.
    #[inline(always)]
    pub(crate) fn push(&mut self, entry: Entry<K, V>) {
        let part = &mut self.parts[part_of(entry.hash()) >> self.coarse];
        if part.len() == part.capacity() {
            return self.push_with_room(entry);
        }
        // There are more parts than a processor foresees where memory will be written.
        if let Some(room) = part.spare_capacity_mut().get(Self::ROOM_AHEAD) {
            prefetch(room);
        }
        part.push(entry);
    }

    /// Makes room first.
    #[cold]
    #[inline(never)]
    fn push_with_room(&mut self, entry: Entry<K, V>) {
        if self.bits < self.bits_of_many && self.parts[0].len() >= CUT_FROM {
            let taken = std::mem::take(&mut self.parts);
            self.bits = self.bits_of_many;
            self.coarse = PART_BITS - self.bits;
            self.parts = cut(taken, self.bits);
        }
        let part = &mut self.parts[part_of(entry.hash()) >> self.coarse];
        part.reserve(1);
        part.push(entry);
    }

    /// Deals the records out to `width` partitions.
    pub(crate) fn deal(self, width: usize) -> Vec<Dealt<K, V>> {
        let mut dealt: Vec<Dealt<K, V>> = Vec::with_capacity(width);
        if self.bits == 0 {
            let entries = self.parts.into_iter().next().unwrap_or_default();
            for bucket in deal(entries, width) {
                dealt.push(Dealt::from(bucket));
            }
            return dealt;
        }
        dealt.resize_with(width, Dealt::default);
        for (part, entries) in self.parts.into_iter().enumerate() {
            let number = (self.bits == PART_BITS).then_some(part);
            let (first, last) = partitions_of(part, self.bits, width);
            if first == last {
                dealt[first].add(number, entries);
                continue;
            }
            for entry in entries {
                let partition = partition_of(entry.hash(), width);
                dealt[partition].part(number).push(entry);
            }
        }
        dealt
    }
}

/// The part of a hash, of [`PARTS`].
#[inline(always)]
fn part_of(hash: u64) -> usize {
    (hash >> (u64::BITS - PART_BITS)) as usize
}

/// The first and the last of `width` partitions to which records of a part belong, which is told by so
/// many bits.
fn partitions_of(part: usize, bits: u32, width: usize) -> (usize, usize) {
    let first = (part as u64) << (u64::BITS - bits);
    let last = first | (u64::MAX >> bits);
    (partition_of(first, width), partition_of(last, width))
}

/// Records of one task for one partition.
#[derive(Debug)]
pub struct Dealt<K: Key, V> {
    parts: Vec<Part<K, V>>,
    /// Whether no two have the same key.
    is_distinct: bool,
}

#[derive(Debug)]
struct Part<K: Key, V> {
    /// Which one of [`PARTS`] it is; `None` if records of any may be in it.
    number: Option<usize>,
    entries: Vec<Entry<K, V>>,
}

impl<K: Key, V> Default for Dealt<K, V> {
    fn default() -> Self {
        Self {
            parts: Vec::new(),
            is_distinct: true,
        }
    }
}

impl<K: Key, V> From<Vec<Entry<K, V>>> for Dealt<K, V> {
    fn from(entries: Vec<Entry<K, V>>) -> Self {
        let number = None;
        Self {
            parts: vec![Part { number, entries }],
            is_distinct: false,
        }
    }
}

impl<K: Key, V> Dealt<K, V> {
    /// What one table had for the partition.
    pub(crate) fn distinct(entries: Vec<Entry<K, V>>) -> Self {
        Self {
            is_distinct: true,
            ..Self::from(entries)
        }
    }

    /// Whether it is known that no two records have the same key.
    pub(crate) fn is_distinct(&self) -> bool {
        self.is_distinct
    }

    fn add(&mut self, number: Option<usize>, entries: Vec<Entry<K, V>>) {
        if !entries.is_empty() {
            self.is_distinct = false;
            self.parts.push(Part { number, entries });
        }
    }

    /// The last part, if it has this number, or a new one.
    fn part(&mut self, number: Option<usize>) -> &mut Vec<Entry<K, V>> {
        if self.parts.last().is_none_or(|last| last.number != number) {
            let entries = Vec::new();
            self.is_distinct = false;
            self.parts.push(Part { number, entries });
        }
        let last = self.parts.len() - 1;
        &mut self.parts[last].entries
    }
}

impl<K: Key, V> Bucket for Dealt<K, V> {
    fn records(&self) -> usize {
        self.parts.iter().map(|part| part.entries.len()).sum()
    }
}

/// The records travel one after the other, after a word on whether they are distinct; which part they belong
/// to is not taken on trust.
impl<K: Key + Serialize, V: Serialize> Serialize for Dealt<K, V> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        (self.is_distinct, Records(self)).serialize(serializer)
    }
}

struct Records<'d, K: Key, V>(&'d Dealt<K, V>);

impl<K: Key + Serialize, V: Serialize> Serialize for Records<'_, K, V> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let mut records = serializer.serialize_seq(Some(self.0.records()))?;
        for part in &self.0.parts {
            for entry in &part.entries {
                records.serialize_element(entry)?;
            }
        }
        records.end()
    }
}

impl<'b, K: Key + Deserialize<'b>, V: Deserialize<'b>> Deserialize<'b> for Dealt<K, V> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        let (is_distinct, entries): (bool, Vec<Entry<K, V>>) =
            Deserialize::deserialize(deserializer)?;
        Ok(Self {
            is_distinct,
            ..Self::from(entries)
        })
    }
}

/// The records of one partition in parts for which a table stays in the cache: all records of a key
/// are in one part, in the order in which they came.
pub(crate) fn in_cache<K: Key, V>(
    arrived: Vec<impl Into<Dealt<K, V>>>,
) -> Vec<Buckets<Entry<K, V>>> {
    let buckets = numbered(arrived);
    if numbered_bytes(&buckets) <= PART_BYTES {
        return vec![in_one(buckets)];
    }
    let mut parts = Vec::with_capacity(PARTS);
    for part in apart(buckets) {
        let pieces = pieces(bytes(&part));
        parts.extend(cut_again(part, pieces));
    }
    parts
}

/// The records of one partition as they came.
pub(crate) fn together<K: Key, V>(arrived: Vec<Dealt<K, V>>) -> Buckets<Entry<K, V>> {
    in_one(numbered(arrived))
}

/// The records of one partition in an order in which few of the `keys` that are kept there are met at the
/// same time, if that pays. The records of a key stay in order.
pub(crate) fn for_states<K: Key, V>(
    arrived: Vec<Dealt<K, V>>,
    keys: usize,
) -> Buckets<Entry<K, V>> {
    let records: usize = arrived.iter().map(Dealt::records).sum();
    let pays = are_cut_finely::<K, V>() && records >= CUT_FROM && keys >= KEYS_MIN;
    match pays {
        true => apart(numbered(arrived)).into_iter().flatten().collect(),
        false => together(arrived),
    }
}

/// The records of both sides of a join.
pub(crate) type Sides<K, V, W> = (Buckets<Entry<K, V>>, Buckets<Entry<K, W>>);

/// Both sides of a join, in parts for which a table stays in the cache: over the right side, or
/// over `BOTH`.
pub(crate) fn side_by_side<const BOTH: bool, K: Key, V, W>(
    left: Vec<impl Into<Dealt<K, V>>>,
    right: Vec<impl Into<Dealt<K, W>>>,
) -> Vec<Sides<K, V, W>> {
    let (left, right) = (numbered(left), numbered(right));
    let fits = numbered_bytes(&right) + if BOTH { numbered_bytes(&left) } else { 0 } <= PART_BYTES;
    if fits {
        return vec![(in_one(left), in_one(right))];
    }
    let mut parts = Vec::with_capacity(PARTS);
    for (left, right) in apart(left).into_iter().zip(apart(right)) {
        let pieces = pieces(bytes(&right) + if BOTH { bytes(&left) } else { 0 });
        let left = cut_again(left, pieces).into_iter();
        parts.extend(left.zip(cut_again(right, pieces)));
    }
    parts
}

/// Vectors of records, with the number of their part.
type Numbered<K, V> = Vec<(Option<usize>, Vec<Entry<K, V>>)>;

fn numbered<K: Key, V>(arrived: Vec<impl Into<Dealt<K, V>>>) -> Numbered<K, V> {
    let mut numbered = Vec::with_capacity(arrived.len());
    for dealt in arrived {
        for part in dealt.into().parts {
            numbered.push((part.number, part.entries));
        }
    }
    numbered
}

fn in_one<K: Key, V>(numbered: Numbered<K, V>) -> Buckets<Entry<K, V>> {
    let mut buckets = Vec::with_capacity(numbered.len());
    for (_, entries) in numbered {
        buckets.push(entries);
    }
    buckets
}

/// Part by part. What came in no part is cut.
fn apart<K: Key, V>(numbered: Numbered<K, V>) -> Vec<Buckets<Entry<K, V>>> {
    let mut parts: Vec<Buckets<Entry<K, V>>> = Vec::new();
    parts.resize_with(PARTS, Vec::new);
    for (number, entries) in numbered {
        if let Some(number) = number {
            parts[number].push(entries);
            continue;
        }
        for (part, entries) in parts.iter_mut().zip(cut(vec![entries], PART_BITS)) {
            if !entries.is_empty() {
                part.push(entries);
            }
        }
    }
    parts
}

/// Cuts records into the parts that so many bits tell.
fn cut<K: Key, V>(buckets: Buckets<Entry<K, V>>, bits: u32) -> Vec<Vec<Entry<K, V>>> {
    deal_by(buckets, 1 << bits, |hash| {
        part_of(hash) >> (PART_BITS - bits)
    })
}

/// Into how many pieces a part of so many bytes must be cut again.
fn pieces(bytes: usize) -> usize {
    let pieces = bytes.div_ceil(PART_BYTES);
    pieces.next_power_of_two().min(PARTS)
}

/// Cuts a part into `pieces`, by bits of the hash on which neither the part nor a slot in a table
/// depends.
fn cut_again<K: Key, V>(part: Buckets<Entry<K, V>>, pieces: usize) -> Vec<Buckets<Entry<K, V>>> {
    if pieces == 1 {
        return vec![part];
    }
    let mut cut = Vec::with_capacity(pieces);
    for piece in deal_by(part, pieces, |hash| (hash >> 32) as usize & (pieces - 1)) {
        cut.push(vec![piece]);
    }
    cut
}

fn bytes<E>(buckets: &Buckets<E>) -> usize {
    buckets.iter().map(|bucket| size_of_val(&bucket[..])).sum()
}

fn numbered_bytes<K: Key, V>(numbered: &Numbered<K, V>) -> usize {
    let sizes = numbered.iter().map(|(_, bucket)| size_of_val(&bucket[..]));
    sizes.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The records that `tasks` tasks take in, with their own numbers as values.
    fn dealt(tasks: u64, records: u64, expected: usize, width: usize) -> Vec<Vec<Dealt<u64, u64>>> {
        let mut dealt: Vec<Vec<_>> = Vec::new();
        dealt.resize_with(width, Vec::new);
        for task in 0..tasks {
            let mut parts = Parts::for_tables(expected);
            for at in 0..records {
                parts.push(Entry::new(at % 1_000, task * records + at));
            }
            for (partition, bucket) in dealt.iter_mut().zip(parts.deal(width)) {
                partition.push(bucket);
            }
        }
        dealt
    }

    /// What each key's values are, in their order; no key may be in two parts.
    fn values(parts: Vec<Buckets<Entry<u64, u64>>>, of: &mut [Vec<u64>]) {
        for part in parts {
            let mut keys = std::collections::HashSet::new();
            for entry in part.into_iter().flatten() {
                let (key, value) = entry.into_pair();
                assert!(keys.insert(key) || !of[key as usize].is_empty());
                of[key as usize].push(value);
            }
            for key in keys {
                of[key as usize].push(u64::MAX); // nothing may come behind it
            }
        }
    }

    #[test]
    fn every_record_is_in_one_part_with_all_of_its_key_in_order() {
        let (few, many) = (CUT_FROM as u64 / 2, 20_000);
        for (records, expected) in [(few, 0), (many, 0), (many, many as usize), (few, 1 << 20)] {
            for width in [1, 2, 7, 300] {
                let mut of = vec![Vec::new(); 1_000];
                for partition in dealt(2, records, expected, width) {
                    values(in_cache(partition), &mut of);
                }
                let mut seen = 0;
                for values in of {
                    let (end, values) = values.split_last().expect("every key has records");
                    assert_eq!(*end, u64::MAX);
                    assert!(values.is_sorted() && !values.contains(&u64::MAX));
                    seen += values.len() as u64;
                }
                assert_eq!(seen, 2 * records, "{records} records, {width} partitions");
            }
        }
    }

    #[test]
    fn what_traveled_is_cut_again() {
        for bucket in dealt(1, 30_000, 0, 1).remove(0) {
            let bytes = postcard::to_stdvec(&bucket).unwrap();
            let read: Dealt<u64, u64> = postcard::from_bytes(&bytes).unwrap();
            assert_eq!(read.records(), 30_000);
            let parts = in_cache(vec![read]);
            assert_eq!(parts.len(), PARTS);
        }
    }
}
