//! Where checkpoints and logs are kept.
//!
//! A [`Storage`] is a flat directory of files that are written once, from their beginning to their
//! end, and never changed afterwards. [`LocalDirectory`] is one on disk; [`MemoryStorage`] is one
//! for tests, which knows what a loss of power leaves of it.

mod disk;
mod local;
mod memory;
mod surviving;

use std::any::Any;
use std::fmt::{self, Debug};
use std::io::{self, Read, Write};

use crate::error::Result;

pub use local::LocalDirectory;
pub use memory::{MemoryStorage, Operation, Verdict};
pub use surviving::Crash;

/// A flat directory of files, shared by the threads of one process.
///
/// What is written is certain to survive a loss of power when it was synced: a file's bytes by
/// [`StorageFile::sync`], its name, old or new, by [`sync_directory`](Self::sync_directory).
/// Before that any part of it may survive.
pub trait Storage: Debug + Send + Sync + 'static {
    /// The names of all files, in no fixed order.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Opens a file for reading from its beginning, and says how long it is, in bytes.
    ///
    /// # Errors
    ///
    /// When there is no such file, or it cannot be read.
    fn open(&self, name: &str) -> io::Result<(Box<dyn Read + Send>, u64)>;

    /// Creates an empty file, in place of one that had this name.
    ///
    /// # Errors
    ///
    /// When it cannot be created.
    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>>;

    /// Waits until all bytes of a file are on disk, those too that an earlier process has written.
    ///
    /// # Errors
    ///
    /// When that cannot be made sure.
    fn sync(&self, name: &str) -> io::Result<()>;

    /// Gives a file another name, at once, in place of a file that had that one.
    ///
    /// # Errors
    ///
    /// When there is no such file, or it cannot be renamed.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// When there is no such file, or it cannot be removed.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Waits until all names are as they are now, whatever happens.
    ///
    /// # Errors
    ///
    /// When that cannot be made sure.
    fn sync_directory(&self) -> io::Result<()>;

    /// Keeps every other process out until the lock is dropped.
    ///
    /// # Errors
    ///
    /// When another process has it; the text names the directory, and the process if it is known.
    fn lock(&self) -> Result<StorageLock>;

    /// How a file, or with an empty name the directory, is named to people: its path.
    fn path(&self, name: &str) -> String;
}

/// A file that is being written.
pub trait StorageFile: Write + Send {
    /// Waits until all bytes that were written are on disk, whatever happens.
    ///
    /// # Errors
    ///
    /// When that cannot be made sure. The file must not be used any more then: what was written
    /// before may be lost although a later sync succeeds.
    fn sync(&mut self) -> io::Result<()>;
}

/// Keeps a [`Storage`] to this process until it is dropped.
#[must_use = "the lock is given back when this is dropped"]
pub struct StorageLock {
    _held: Box<dyn Any + Send + Sync>,
}

impl StorageLock {
    /// A lock that is held for as long as `held` lives.
    pub fn new(held: impl Any + Send + Sync) -> Self {
        Self {
            _held: Box::new(held),
        }
    }
}

impl Debug for StorageLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageLock").finish_non_exhaustive()
    }
}
