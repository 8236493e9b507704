//! What a loss of power leaves of a storage.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::disk::Disk;

/// Disks write sectors; one that was never written reads as zeros.
const SECTOR: usize = 512;

/// What a loss of power leaves of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Crash {
    /// Nothing.
    Lost,
    /// All of it.
    Kept,
    /// All of it but the last write, of which so many bytes are left.
    Torn(usize),
    /// What chance decides, by this seed: each change of a name or not; of each file some of the
    /// bytes that were not synced, at times with sectors of zeros among them.
    Chance(u64),
}

pub(super) type FileId = usize;

#[derive(Debug, Clone, Default)]
pub(super) struct Stored {
    pub(super) bytes: Vec<u8>,
    /// How many of the bytes were synced.
    synced: usize,
}

impl Stored {
    pub(super) fn durable(bytes: Vec<u8>) -> Self {
        let synced = bytes.len();
        Self { bytes, synced }
    }

    pub(super) fn sync(&mut self) {
        self.synced = self.bytes.len();
    }
}

/// What became of a name.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Link(String, FileId),
    Rename(String, String, FileId),
    Remove(String),
}

impl Change {
    /// The file that got a name.
    pub(super) fn linked(&self) -> Option<FileId> {
        match self {
            Self::Link(_, file) | Self::Rename(_, _, file) => Some(*file),
            Self::Remove(_) => None,
        }
    }

    pub(super) fn apply(&self, names: &mut BTreeMap<String, FileId>) {
        match self {
            Self::Link(name, file) => {
                names.insert(name.clone(), *file);
            }
            Self::Rename(from, to, file) => {
                if names.get(from) == Some(file) {
                    names.remove(from);
                }
                names.insert(to.clone(), *file);
            }
            Self::Remove(name) => {
                names.remove(name);
            }
        }
    }
}

pub(super) fn surviving(disk: &Disk, crash: Crash) -> Disk {
    let mut rng = match crash {
        Crash::Chance(seed) => Rng::with_seed(seed),
        _ => Rng::with_seed(0),
    };
    let mut names = disk.durable.clone();
    for change in &disk.changes {
        if survives(crash, &mut rng) {
            change.apply(&mut names);
        }
    }
    let files: Vec<_> = (0..disk.files.len())
        .map(|file| Stored::durable(bytes(disk, file, crash, &mut rng)))
        .collect();
    Disk::durable(files, names)
}

fn survives(crash: Crash, rng: &mut Rng) -> bool {
    match crash {
        Crash::Lost => false,
        Crash::Kept | Crash::Torn(_) => true,
        Crash::Chance(_) => rng.bool(),
    }
}

fn bytes(disk: &Disk, file: FileId, crash: Crash, rng: &mut Rng) -> Vec<u8> {
    let Stored { bytes, synced } = &disk.files[file];
    let left = match (crash, disk.last_write) {
        (Crash::Lost, _) => *synced,
        (Crash::Torn(left), Some((last, before))) if last == file => {
            (before + left).clamp(*synced, bytes.len())
        }
        (Crash::Kept | Crash::Torn(_), _) => bytes.len(),
        (Crash::Chance(_), _) => rng.usize(*synced..=bytes.len()),
    };
    let mut bytes = bytes[..left].to_vec();
    if matches!(crash, Crash::Chance(_)) && rng.u8(..4) == 0 {
        lose_sectors(&mut bytes, *synced, rng);
    }
    bytes
}

/// The disk wrote later sectors before earlier ones.
fn lose_sectors(bytes: &mut [u8], synced: usize, rng: &mut Rng) {
    let sectors = bytes.len().div_ceil(SECTOR);
    for sector in synced.div_ceil(SECTOR)..sectors {
        if rng.bool() {
            let end = bytes.len().min((sector + 1) * SECTOR);
            bytes[sector * SECTOR..end].fill(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::storage::{MemoryStorage, Storage};

    use super::*;

    /// `old` is durable with four of its eight bytes; `new` is there, but its name is not durable.
    fn storage() -> MemoryStorage {
        let storage = MemoryStorage::new();
        let mut file = storage.create("old").unwrap();
        file.write_all(b"1234").unwrap();
        file.sync().unwrap();
        storage.sync_directory().unwrap();
        storage.create("new.tmp").unwrap().sync().unwrap();
        storage.rename("new.tmp", "new").unwrap();
        file.write_all(b"5678").unwrap();
        storage
    }

    #[test]
    fn what_was_not_synced_is_lost_kept_or_torn() {
        let storage = storage();
        let lost = storage.after(Crash::Lost);
        assert_eq!(lost.list().unwrap(), ["old"]);
        assert_eq!(lost.contents("old").unwrap(), b"1234");
        let kept = storage.after(Crash::Kept);
        assert_eq!(kept.list().unwrap(), ["new", "old"]);
        assert_eq!(kept.contents("old").unwrap(), b"12345678");
        assert_eq!(storage.last_write(), 4);
        let torn = storage.after(Crash::Torn(3));
        assert_eq!(torn.contents("old").unwrap(), b"1234567");
    }

    #[test]
    fn chance_meets_every_case_and_is_repeated_by_its_seed() {
        let storage = storage();
        let mut names = std::collections::BTreeSet::new();
        let mut lengths = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let left = storage.after(Crash::Chance(seed));
            let again = storage.after(Crash::Chance(seed));
            assert_eq!(left.contents("old"), again.contents("old"));
            names.insert(left.list().unwrap());
            lengths.insert(left.contents("old").unwrap().len());
        }
        assert!(lengths.into_iter().eq(4..=8));
        assert!(names.len() >= 3, "{names:?}");
    }

    #[test]
    fn sectors_that_were_not_synced_may_be_zeros() {
        let storage = MemoryStorage::new();
        let mut file = storage.create("a").unwrap();
        file.write_all(&[1; 600]).unwrap();
        file.sync().unwrap();
        storage.sync_directory().unwrap();
        file.write_all(&[2; 3_000]).unwrap();
        let holes = (0..100).filter(|&seed| {
            let bytes = storage.after(Crash::Chance(seed)).contents("a").unwrap();
            assert!(bytes[..600] == [1; 600]);
            bytes.contains(&0) && bytes.last() == Some(&2)
        });
        assert!(holes.count() > 0);
    }
}
