//! Storage for tests: in memory, with faults.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};

use super::disk::{Disk, Go, no_power};
use super::surviving::{self, Change, Crash, FileId, Stored};
use super::{Storage, StorageFile, StorageLock};

/// A directory in memory, which fails when it is told to and knows what a loss of power leaves.
///
/// For tests: what happens depends on what is called alone, so a run that is repeated meets the
/// same faults. Clones are the same directory.
///
/// # Examples
///
/// ```
/// use stream_runtime::storage::{Crash, MemoryStorage, Storage};
///
/// let storage = MemoryStorage::new();
/// let mut file = storage.create("a")?;
/// file.write_all(b"to")?;
/// file.sync()?;
/// storage.sync_directory()?;
/// file.write_all(b" be")?;
///
/// let left = storage.after(Crash::Lost);
/// assert_eq!(left.contents("a"), Some(b"to".to_vec()));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct MemoryStorage {
    disk: Arc<Mutex<Disk>>,
}

/// What is done to a storage, with the names of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation<'a> {
    /// All names are listed.
    List,
    /// A file is opened for reading.
    Open(&'a str),
    /// A file is created.
    Create(&'a str),
    /// So many bytes are written to a file.
    Write(&'a str, usize),
    /// A file is synced.
    Sync(&'a str),
    /// A file gets the second name instead of the first.
    Rename(&'a str, &'a str),
    /// A file is removed.
    Remove(&'a str),
    /// The directory is synced.
    SyncDirectory,
}

/// What becomes of an [`Operation`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// It is done.
    Proceed,
    /// It is not done, but seems to be: how a disk lies, or code that forgets a step. What is
    /// listed, opened or created is so nevertheless.
    Pretend,
    /// It fails.
    Fail(io::Error),
    /// The power goes off while it is done: it and all operations after it fail.
    PowerOff,
}

impl MemoryStorage {
    /// An empty directory.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many operations were asked for so far.
    pub fn operations(&self) -> u64 {
        self.disk().operations
    }

    /// Asks `f` what is to become of each operation from now on; it is given the operation's
    /// number, counted from zero. To be slow, it takes its time, or moves a clock.
    pub fn intercept(&self, f: impl FnMut(u64, Operation<'_>) -> Verdict + Send + 'static) {
        self.disk().intercept = Some(Box::new(f));
    }

    /// The power goes off in the operation with this number, counted from zero.
    pub fn power_off_at(&self, operation: u64) {
        self.intercept(move |at, _| match at == operation {
            true => Verdict::PowerOff,
            false => Verdict::Proceed,
        });
    }

    /// Holds at most so many bytes from now on; what is more fails as on a full disk.
    pub fn set_capacity(&self, bytes: Option<usize>) {
        self.disk().capacity = bytes;
    }

    /// What a loss of power leaves, as a directory of its own without faults or lock.
    pub fn after(&self, crash: Crash) -> Self {
        let left = surviving::surviving(&self.disk(), crash);
        Self {
            disk: Arc::new(Mutex::new(left)),
        }
    }

    /// How many bytes the last write had: the lengths at which it can be [`Crash::Torn`].
    pub fn last_write(&self) -> usize {
        let disk = self.disk();
        let written = |(file, before): (FileId, usize)| disk.files[file].bytes.len() - before;
        disk.last_write.map_or(0, written)
    }

    /// The bytes of a file, if there is one of this name. Counts as no operation.
    pub fn contents(&self, name: &str) -> Option<Vec<u8>> {
        let disk = self.disk();
        let file = *disk.names.get(name)?;
        Some(disk.files[file].bytes.clone())
    }

    /// Makes, replaces or with `None` removes a file, durably. Counts as no operation.
    pub fn set_contents(&self, name: &str, bytes: Option<Vec<u8>>) {
        let mut disk = self.disk();
        match (disk.names.get(name).copied(), bytes) {
            (Some(file), Some(bytes)) => disk.files[file] = Stored::durable(bytes),
            (None, Some(bytes)) => {
                let file = disk.add(Stored::durable(bytes));
                disk.names.insert(name.to_owned(), file);
            }
            (_, None) => {
                disk.names.remove(name);
            }
        }
        disk.sync_names();
    }

    pub(super) fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let disk = self.disk();
        f.debug_struct("MemoryStorage")
            .field("files", &disk.names.keys())
            .field("operations", &disk.operations)
            .finish_non_exhaustive()
    }
}

impl Storage for MemoryStorage {
    fn list(&self) -> io::Result<Vec<String>> {
        let list = |disk: &Disk| Ok(disk.names.keys().cloned().collect());
        self.disk().read(Operation::List, list)
    }

    fn open(&self, name: &str) -> io::Result<(Box<dyn Read + Send>, u64)> {
        let bytes = self.disk().read(Operation::Open(name), |disk| {
            Ok(disk.files[disk.file(name)?].bytes.clone())
        })?;
        let length = bytes.len() as u64;
        Ok((Box::new(io::Cursor::new(bytes)), length))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        let mut disk = self.disk();
        let file = disk.files.len();
        let go = disk.begin(Operation::Create(name))?;
        disk.add(Stored::default());
        let name = name.to_owned();
        disk.rename_names(Change::Link(name.clone(), file));
        if matches!(go, Go::PowerOff) {
            return Err(no_power());
        }
        let storage = self.clone();
        Ok(Box::new(MemoryFile {
            storage,
            name,
            file,
        }))
    }

    fn sync(&self, name: &str) -> io::Result<()> {
        let mut disk = self.disk();
        let file = disk.file(name)?;
        disk.secure(Operation::Sync(name), |disk| disk.files[file].sync())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk().change(Operation::Rename(from, to), |disk| {
            let file = disk.file(from)?;
            disk.rename_names(Change::Rename(from.to_owned(), to.to_owned(), file));
            Ok(())
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk().change(Operation::Remove(name), |disk| {
            disk.file(name)?;
            disk.rename_names(Change::Remove(name.to_owned()));
            Ok(())
        })
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.disk()
            .secure(Operation::SyncDirectory, Disk::sync_names)
    }

    fn lock(&self) -> Result<StorageLock> {
        let mut disk = self.disk();
        if std::mem::replace(&mut disk.locked, true) {
            let remedy = "give each job a directory of its own";
            return Err(Error::checkpoint(
                "memory",
                "another job is using it",
                remedy,
            ));
        }
        Ok(StorageLock::new(Held(self.clone())))
    }

    fn path(&self, name: &str) -> String {
        match name {
            "" => "memory".to_owned(),
            name => format!("memory/{name}"),
        }
    }
}

struct Held(MemoryStorage);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.disk().locked = false;
    }
}

struct MemoryFile {
    storage: MemoryStorage,
    name: String,
    file: FileId,
}

impl Write for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut disk = self.storage.disk();
        let mut written = bytes.len();
        disk.change(Operation::Write(&self.name, bytes.len()), |disk| {
            written = disk.append(self.file, bytes)?;
            Ok(())
        })?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl StorageFile for MemoryFile {
    fn sync(&mut self) -> io::Result<()> {
        let file = self.file;
        let sync = |disk: &mut Disk| disk.files[file].sync();
        self.storage
            .disk()
            .secure(Operation::Sync(&self.name), sync)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(storage: &MemoryStorage, name: &str, text: &str) -> Box<dyn StorageFile> {
        let mut file = storage.create(name).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn a_full_disk_takes_what_fits() {
        let storage = MemoryStorage::new();
        storage.set_capacity(Some(3));
        let mut file = storage.create("a").unwrap();
        assert_eq!(file.write(b"to be").unwrap(), 3);
        let error = file.write(b"be").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        storage.set_capacity(None);
        file.write_all(b"be").unwrap();
        assert_eq!(storage.contents("a").unwrap(), b"to be");
    }

    #[test]
    fn nothing_works_without_power() {
        let storage = MemoryStorage::new();
        storage.power_off_at(2);
        let mut file = written(&storage, "a", "to");
        assert!(file.sync().is_err());
        assert!(file.write(b"be").is_err() && storage.list().is_err());
        assert_eq!(storage.operations(), 3);
        assert!(storage.after(Crash::Lost).list().unwrap().is_empty());
    }

    #[test]
    fn an_operation_that_was_pretended_is_found_out_by_a_crash() {
        let storage = MemoryStorage::new();
        storage.intercept(|_, operation| match operation {
            Operation::Sync(_) => Verdict::Pretend,
            _ => Verdict::Proceed,
        });
        written(&storage, "a", "to").sync().unwrap();
        storage.sync_directory().unwrap();
        assert_eq!(storage.contents("a").unwrap(), b"to");
        assert_eq!(storage.after(Crash::Lost).contents("a").unwrap(), b"");
    }

    #[test]
    fn a_second_lock_is_refused_until_the_first_is_gone() {
        let storage = MemoryStorage::new();
        let lock = storage.lock().unwrap();
        assert!(storage.lock().is_err());
        assert!(storage.after(Crash::Kept).lock().is_ok());
        drop(lock);
        assert!(storage.lock().is_ok());
    }
}
