//! What a storage in memory holds, and what becomes of operations on it.

use std::collections::BTreeMap;
use std::io;

use super::memory::{Operation, Verdict};
use super::surviving::{Change, FileId, Stored};

type Intercept = Box<dyn FnMut(u64, Operation<'_>) -> Verdict + Send>;

#[derive(Default)]
pub(super) struct Disk {
    pub(super) files: Vec<Stored>,
    /// What each name means at present.
    pub(super) names: BTreeMap<String, FileId>,
    /// What each name meant when the directory was last synced.
    pub(super) durable: BTreeMap<String, FileId>,
    /// What became of names since then, in order.
    pub(super) changes: Vec<Change>,
    /// The file that was written last, and how long it was before.
    pub(super) last_write: Option<(FileId, usize)>,
    pub(super) operations: u64,
    pub(super) capacity: Option<usize>,
    pub(super) intercept: Option<Intercept>,
    pub(super) power_off: bool,
    pub(super) locked: bool,
}

/// What is left to do once an operation was let through.
pub(super) enum Go {
    /// Do it.
    Do,
    /// Do nothing, and succeed.
    Pretend,
    /// Do what may survive, and fail.
    PowerOff,
}

impl Disk {
    /// A disk that holds these files, all durable.
    pub(super) fn durable(files: Vec<Stored>, names: BTreeMap<String, FileId>) -> Self {
        Self {
            files,
            durable: names.clone(),
            names,
            ..Self::default()
        }
    }

    pub(super) fn begin(&mut self, operation: Operation<'_>) -> io::Result<Go> {
        if self.power_off {
            return Err(no_power());
        }
        let number = self.operations;
        self.operations += 1;
        let verdict = match &mut self.intercept {
            Some(intercept) => intercept(number, operation),
            None => Verdict::Proceed,
        };
        match verdict {
            Verdict::Proceed => Ok(Go::Do),
            Verdict::Pretend => Ok(Go::Pretend),
            Verdict::Fail(error) => Err(error),
            Verdict::PowerOff => {
                self.power_off = true;
                Ok(Go::PowerOff)
            }
        }
    }

    /// An operation that changes what is not synced: in a loss of power it may survive.
    pub(super) fn change(
        &mut self,
        operation: Operation<'_>,
        act: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        match self.begin(operation)? {
            Go::Do => act(self),
            Go::Pretend => Ok(()),
            Go::PowerOff => act(self).and(Err(no_power())),
        }
    }

    /// An operation that makes durable: in a loss of power nothing is certain.
    pub(super) fn secure(
        &mut self,
        operation: Operation<'_>,
        act: impl FnOnce(&mut Self),
    ) -> io::Result<()> {
        match self.begin(operation)? {
            Go::Do => act(self),
            Go::Pretend => {}
            Go::PowerOff => return Err(no_power()),
        }
        Ok(())
    }

    pub(super) fn read<T>(
        &mut self,
        operation: Operation<'_>,
        act: impl FnOnce(&Self) -> io::Result<T>,
    ) -> io::Result<T> {
        match self.begin(operation)? {
            Go::Do | Go::Pretend => act(self),
            Go::PowerOff => Err(no_power()),
        }
    }

    pub(super) fn add(&mut self, file: Stored) -> FileId {
        self.files.push(file);
        self.files.len() - 1
    }

    pub(super) fn file(&self, name: &str) -> io::Result<FileId> {
        let found = self.names.get(name).copied();
        found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no such file"))
    }

    pub(super) fn rename_names(&mut self, change: Change) {
        change.apply(&mut self.names);
        self.changes.push(change);
    }

    pub(super) fn sync_names(&mut self) {
        let before = std::mem::replace(&mut self.durable, self.names.clone());
        let linked = self.changes.drain(..).filter_map(|change| change.linked());
        let candidates: Vec<_> = before.into_values().chain(linked).collect();
        // What has no name cannot come back, and takes no more room.
        for file in candidates {
            if !self.names.values().any(|&named| named == file) {
                self.files[file] = Stored::default();
            }
        }
    }

    pub(super) fn used(&self) -> usize {
        let files = self.names.values();
        files.map(|&file| self.files[file].bytes.len()).sum()
    }

    /// Appends as much as there is room for, and says how much.
    pub(super) fn append(&mut self, file: FileId, bytes: &[u8]) -> io::Result<usize> {
        let room = match self.capacity {
            Some(capacity) => capacity.saturating_sub(self.used()),
            None => usize::MAX,
        };
        if room == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let fitting = &bytes[..bytes.len().min(room)];
        self.last_write = Some((file, self.files[file].bytes.len()));
        self.files[file].bytes.extend_from_slice(fitting);
        Ok(fitting.len())
    }
}

pub(super) fn no_power() -> io::Error {
    io::Error::other("the power is off")
}
