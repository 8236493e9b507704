//! Which keys are kept close together.

/// A table is cut into so many regions by the highest bits of the hashes. The keys of a region have a
/// segment of the index for themselves and, in a table that is not small, pages of the entries. Records
/// that were cut by their hashes come region by region: so who works on one after the other stays in the
/// cache and on few pages of memory.
pub(super) const REGIONS: usize = 1 << REGION_BITS;

/// The pages of a shelf are told apart by the bits of a word, one for each region.
const REGION_BITS: u32 = 6;

/// How the hashes in one partition fall into regions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Regions {
    partitions: u64,
}

impl Default for Regions {
    fn default() -> Self {
        Self::of_one_of(1)
    }
}

impl Regions {
    pub(super) fn of_one_of(partitions: usize) -> Self {
        let partitions = partitions as u64;
        Self { partitions }
    }

    /// The region of a hash, and 32 bits of it that say nothing of that, nor of the part in which its
    /// records come: so those of a part are all over the segment.
    #[inline(always)]
    pub(super) fn split(self, hash: u64) -> (usize, u32) {
        // A partition has a run of all hashes: what carries over tells which, and the rest how far on the
        // hash is in it.
        let share = hash.wrapping_mul(self.partitions);
        ((share >> (u64::BITS - REGION_BITS)) as usize, hash as u32)
    }
}
