//! A storage with a bug: a file has its final name before it is written.

use std::io::{self, Read};

use stream_runtime::Result;
use stream_runtime::storage::{MemoryStorage, Storage, StorageFile, StorageLock};

/// What a file is called as long as it is written aside.
const ASIDE: &str = ".tmp";

/// Renames first and writes then, as a program would that has the two steps in the wrong order.
#[derive(Debug, Clone)]
pub(crate) struct Hasty(pub(crate) MemoryStorage);

impl Storage for Hasty {
    fn list(&self) -> io::Result<Vec<String>> {
        self.0.list()
    }

    fn open(&self, name: &str) -> io::Result<(Box<dyn Read + Send>, u64)> {
        self.0.open(name)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.0.create(name.strip_suffix(ASIDE).unwrap_or(name))
    }

    fn sync(&self, name: &str) -> io::Result<()> {
        self.0.sync(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        if from.strip_suffix(ASIDE) == Some(to) {
            return Ok(()); // it was done before
        }
        self.0.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.0.sync_directory()
    }

    fn lock(&self) -> Result<StorageLock> {
        self.0.lock()
    }

    fn path(&self, name: &str) -> String {
        self.0.path(name)
    }
}
