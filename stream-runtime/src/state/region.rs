//! Which keys are kept close together.

use crate::buckets::deal_by;
use crate::engine::Buckets;
use crate::key::Key;
use crate::table::Entry;

/// A table is cut into so many regions by bits of the hashes. The keys of a region have a segment of
/// the index for themselves and, in a table that is not small, pages of the entries: so who works on
/// one region after the other stays in the cache and on few pages of memory.
pub(super) const REGIONS: usize = 1 << REGION_BITS;

/// The pages of a shelf are told apart by the bits of a word, one for each region.
const REGION_BITS: u32 = 6;

/// The bits above are those by which keys fall into partitions.
const GROUP_BITS: u32 = 16;

/// With fewer records than this there are too few for one region to meet again what is in the cache.
const RECORDS_MIN: usize = REGIONS << 6;

/// Larger records take longer to bring in order than is gained. What borrows is among them: in another
/// order the text that it borrows from is all over the memory.
const RECORD_BYTES: usize = 32;

/// A table of fewer keys is in the cache, whichever of them come.
const KEYS_MIN: usize = 1 << 16;

/// The region of a hash, and the 32 bits below those that say so.
#[inline(always)]
pub(super) fn split(hash: u64) -> (usize, u32) {
    let below = hash << GROUP_BITS;
    let rest = below << REGION_BITS >> u32::BITS;
    ((below >> (u64::BITS - REGION_BITS)) as usize, rest as u32)
}

/// The records for a table of so many keys, region by region if that pays: radix partitioning. The
/// records of a key stay in order.
pub(super) fn by_region<K: Key, V>(
    records: Buckets<Entry<K, V>>,
    keys: usize,
) -> Buckets<Entry<K, V>> {
    let count: usize = records.iter().map(Vec::len).sum();
    if keys < KEYS_MIN || count < RECORDS_MIN || size_of::<Entry<K, V>>() > RECORD_BYTES {
        return records;
    }
    deal_by(records, REGIONS, |hash| split(hash).0)
}
