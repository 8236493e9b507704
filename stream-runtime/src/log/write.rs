//! Appending to a log.

use std::io;
use std::sync::Arc;

use super::fault::io_error;
use super::format::{self, FRAME_MAX, HEAD, Header, SECTOR};
use super::read::End;
use crate::error::{Error, Result};
use crate::storage::{Storage, StorageFile};

/// The end of a log, to which records are appended.
///
/// When writing or syncing fails, nothing more can be appended: what was written before may be lost
/// although a later sync succeeds. The log is then to be read again.
pub(crate) struct Log {
    storage: Arc<dyn Storage>,
    name: String,
    /// The segment to which the next frame goes, and what its header says.
    header: Header,
    /// Its file; none as long as nothing was written to it.
    file: Option<Box<dyn StorageFile>>,
    /// How long it is.
    length: u64,
    frames: u32,
    /// The records of the next frame, behind room for its head.
    frame: Vec<u8>,
    failed: bool,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log")
            .field("file", &self.file_name())
            .field("length", &self.length)
            .field("waiting", &(self.frame.len() - HEAD))
            .finish_non_exhaustive()
    }
}

impl Log {
    /// A log that goes on where `read` came to its end.
    pub(super) fn after(storage: Arc<dyn Storage>, name: &str, end: &End) -> Self {
        Self {
            storage,
            name: name.to_owned(),
            header: Header {
                segment: end.last + 1,
                oldest: end.oldest,
                previous: end.length,
            },
            file: None,
            length: 0,
            frames: 0,
            frame: vec![0; HEAD],
            failed: false,
        }
    }

    /// The number of the segment to which the next record goes.
    pub(crate) fn segment(&self) -> u64 {
        self.header.segment
    }

    /// How long this segment is with what waits to be synced, in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length + (self.frame.len() - HEAD) as u64
    }

    /// Appends the record that `write` writes. It is durable after the next [`sync`](Self::sync).
    ///
    /// # Errors
    ///
    /// When the record is larger than 4 GiB, or a frame had to be written to make room for it and
    /// that failed.
    pub(crate) fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        let start = self.frame.len();
        self.frame.extend_from_slice(&[0; 4]);
        write(&mut self.frame);
        let len = self.frame.len() - start - 4;
        if len + 4 > FRAME_MAX {
            self.frame.truncate(start);
            return Err(self.too_large(len));
        }
        self.frame[start..start + 4].copy_from_slice(&(len as u32).to_le_bytes());
        if self.frame.len() - HEAD > FRAME_MAX {
            let record = self.frame.split_off(start);
            self.sync()?;
            self.frame.extend_from_slice(&record);
        }
        Ok(())
    }

    /// Waits until all records that were appended are durable.
    ///
    /// # Errors
    ///
    /// When they cannot be written, or an earlier call failed.
    pub(crate) fn sync(&mut self) -> Result<()> {
        if self.failed {
            return Err(self.no_longer_usable());
        }
        if self.frame.len() == HEAD {
            return Ok(());
        }
        self.failed = true;
        format::seal(&mut self.frame, self.frames + 1, self.header.segment);
        match &mut self.file {
            Some(file) => {
                let written = file.write_all(&self.frame).and_then(|()| file.sync());
                written.map_err(|error| self.cannot_write(&self.file_name(), &error))?;
            }
            None => self.begin_segment()?,
        }
        self.failed = false;
        self.frames += 1;
        self.length += self.frame.len() as u64;
        self.frame.truncate(HEAD);
        Ok(())
    }

    /// Syncs, and lets what follows go to a new segment. When that is begun, all before `oldest` are
    /// removed, since they are not needed any more.
    ///
    /// # Errors
    ///
    /// As [`sync`](Self::sync).
    pub(crate) fn roll(&mut self, oldest: u64) -> Result<()> {
        self.sync()?;
        if self.file.take().is_some() {
            self.header.segment += 1;
            self.header.previous = self.length;
            self.frames = 0;
            self.length = 0;
        }
        self.header.oldest = oldest.clamp(self.header.oldest, self.header.segment);
        Ok(())
    }

    /// Begins a segment with the first frame in it. It gets its name when all of that is durable.
    fn begin_segment(&mut self) -> Result<()> {
        let name = self.file_name();
        let aside = format!("{name}.tmp");
        let file = self.write_aside(&aside);
        let file = file.map_err(|error| self.cannot_write(&aside, &error))?;
        let named = self.storage.rename(&aside, &name);
        let durable = named.and_then(|()| self.storage.sync_directory());
        durable.map_err(|error| self.cannot_write(&name, &error))?;
        self.file = Some(file);
        self.length = SECTOR as u64;
        self.remove_old();
        Ok(())
    }

    fn write_aside(&self, aside: &str) -> io::Result<Box<dyn StorageFile>> {
        let mut file = self.storage.create(aside)?;
        file.write_all(&self.header.encode())?;
        file.write_all(&self.frame)?;
        file.sync()?;
        Ok(file)
    }

    /// A file that cannot be removed, or is there again after a loss of power, is in nobody's way;
    /// the next time it is removed again.
    fn remove_old(&self) {
        for name in self.storage.list().unwrap_or_default() {
            let segment = format::segment_of(&self.name, &name);
            if segment.is_some_and(|segment| segment < self.header.oldest)
                && let Err(error) = self.storage.remove(&name)
            {
                let file = self.storage.path(&name);
                tracing::warn!(file, %error, "a file that is not needed any more was not removed");
            }
        }
    }

    fn file_name(&self) -> String {
        format::file_name(&self.name, self.header.segment)
    }

    fn cannot_write(&self, name: &str, error: &io::Error) -> Error {
        io_error(&*self.storage, name, "writing", error)
    }

    fn too_large(&self, len: usize) -> Error {
        let problem = format!("a record of {len} bytes is more than the {FRAME_MAX} that fit");
        let remedy = "let batches be shorter, so that less changes in one";
        Error::checkpoint(self.storage.path(&self.file_name()), problem, remedy)
    }

    fn no_longer_usable(&self) -> Error {
        let problem = "an earlier write failed, so nothing more is written";
        let remedy = "see to the cause of the first error, and start the job again";
        Error::checkpoint(self.storage.path(&self.file_name()), problem, remedy)
    }
}
