//! Reading a log, and judging its end.

use std::io::{self, Read};
use std::sync::Arc;

use super::fault::{BEGIN_ANEW, io_error};
use super::format::{self, BadHeader, HEAD, Head, Header, SECTOR, VERSION};
use super::write::Log;
use crate::error::{Error, Result};
use crate::storage::Storage;

/// Where a record stands, for messages.
#[derive(Debug, Clone)]
pub(crate) struct At {
    /// The file.
    pub(crate) path: String,
    /// The number of its segment.
    pub(crate) segment: u64,
    /// Where in the file its frame begins.
    pub(crate) offset: u64,
}

impl At {
    /// The record cannot be used.
    pub(crate) fn error(&self, problem: impl std::fmt::Display, remedy: &str) -> Error {
        let problem = format!("at byte {}: {problem}", self.offset);
        Error::checkpoint(&self.path, problem, remedy)
    }
}

/// What was cut off at the end of a log: a frame that was being written when the power went off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tail {
    /// The file.
    pub(crate) path: String,
    /// Where the frame begins.
    pub(crate) offset: u64,
    /// How much of it is there, in bytes.
    pub(crate) bytes: u64,
}

/// Where a log ends.
#[derive(Debug, Default)]
pub(super) struct End {
    /// The last segment, or zero.
    pub(super) last: u64,
    /// How much of it can be read.
    pub(super) length: u64,
    /// The oldest segment that is needed.
    pub(super) oldest: u64,
}

/// A log that was read.
#[derive(Debug)]
pub(crate) struct Contents {
    storage: Arc<dyn Storage>,
    name: String,
    end: End,
    /// What was cut off.
    pub(crate) tail: Option<Tail>,
}

/// The names of all logs that are there.
///
/// # Errors
///
/// When the directory cannot be read.
#[cfg(feature = "launcher")]
pub(crate) fn names(storage: &dyn Storage) -> Result<std::collections::BTreeSet<String>> {
    let files = list(storage)?;
    let logs = files.iter().filter_map(|file| {
        let (log, _) = file.rsplit_once('-')?;
        format::segment_of(log, file).map(|_| log.to_owned())
    });
    Ok(logs.collect())
}

/// Reads the log called `name` from the oldest segment that is needed, and gives each record to
/// `record`. Nothing is written. A frame must fit into memory; all else is read bit by bit.
///
/// # Errors
///
/// When a file cannot be read, is damaged, missing or of a newer version, or when `record` fails.
pub(crate) fn read(
    storage: Arc<dyn Storage>,
    name: &str,
    mut record: impl FnMut(&At, &[u8]) -> Result<()>,
) -> Result<Contents> {
    let mut contents = Contents {
        end: End::default(),
        tail: None,
        name: name.to_owned(),
        storage: Arc::clone(&storage),
    };
    let Some(&last) = segments(&*storage, name)?.last() else {
        contents.end.oldest = 1;
        return Ok(contents);
    };
    let headers = headers(&*storage, name, last)?;
    for (at, header) in headers.iter().enumerate() {
        let until = headers.get(at + 1).map(|next| next.previous);
        let mut segment = Segment::open(&*storage, name, header.segment)?;
        segment.end_at(until)?;
        contents.tail = segment.records(&mut record)?;
        contents.end = End {
            last: header.segment,
            length: segment.offset,
            oldest: header.oldest,
        };
    }
    Ok(contents)
}

impl Contents {
    /// The log, to be appended to. What was read is durable from here on, and what earlier runs left
    /// unfinished is removed.
    ///
    /// # Errors
    ///
    /// When that fails.
    pub(crate) fn into_log(self) -> Result<Log> {
        if self.end.last > 0 {
            let name = format::file_name(&self.name, self.end.last);
            // An earlier process may have ended before it synced what was read now.
            let durable = self.storage.sync(&name);
            durable.map_err(|error| io_error(&*self.storage, &name, "syncing", &error))?;
        }
        self.remove_unfinished()?;
        let durable = self.storage.sync_directory();
        durable.map_err(|error| io_error(&*self.storage, "", "syncing", &error))?;
        Ok(Log::after(self.storage, &self.name, &self.end))
    }

    fn remove_unfinished(&self) -> Result<()> {
        for file in list(&*self.storage)? {
            let name = file.strip_suffix(".tmp");
            let ours = name.and_then(|name| format::segment_of(&self.name, name));
            if ours.is_some() {
                let removed = self.storage.remove(&file);
                removed.map_err(|error| io_error(&*self.storage, &file, "removing", &error))?;
            }
        }
        Ok(())
    }
}

fn list(storage: &dyn Storage) -> Result<Vec<String>> {
    let names = storage.list();
    names.map_err(|error| io_error(storage, "", "reading the directory", &error))
}

/// The numbers of the segments that are there, in order.
fn segments(storage: &dyn Storage, name: &str) -> Result<Vec<u64>> {
    let files = list(storage)?;
    let mut segments: Vec<u64> = files
        .iter()
        .filter_map(|file| format::segment_of(name, file))
        .collect();
    segments.sort_unstable();
    Ok(segments)
}

/// The headers of all segments that are needed. Those that are older are left over.
fn headers(storage: &dyn Storage, name: &str, last: u64) -> Result<Vec<Header>> {
    let newest = Segment::open(storage, name, last)?.header;
    let mut headers = Vec::new();
    for segment in newest.oldest..last {
        headers.push(Segment::open(storage, name, segment)?.header);
    }
    headers.push(newest);
    Ok(headers)
}

/// A segment that is being read.
struct Segment {
    path: String,
    file: Box<dyn Read + Send>,
    header: Header,
    /// How much there is to read.
    length: u64,
    /// Whether it is the last one, which may end in a torn frame.
    is_last: bool,
    /// Where the next frame begins.
    offset: u64,
    frames: u32,
    frame: Vec<u8>,
}

/// What stands where a frame is expected.
enum Found {
    Frame,
    End,
    Torn,
}

impl Segment {
    fn open(storage: &dyn Storage, name: &str, segment: u64) -> Result<Self> {
        let file = format::file_name(name, segment);
        let path = storage.path(&file);
        let (mut file, length) = storage.open(&file).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => damaged(&path, "it is missing"),
            _ => io_error(storage, &file, "opening", &error),
        })?;
        let header = header(&path, &mut file, length)?;
        if header.segment != segment || header.oldest == 0 || header.oldest > segment {
            return Err(damaged(&path, "it has another file's name"));
        }
        Ok(Self {
            path,
            file,
            header,
            length,
            is_last: true,
            offset: SECTOR as u64,
            frames: 0,
            frame: Vec::new(),
        })
    }

    /// The segment after this one says how much of it there was when that was begun.
    fn end_at(&mut self, end: Option<u64>) -> Result<()> {
        let Some(end) = end else { return Ok(()) };
        if end > self.length {
            let missing = end - self.length;
            return Err(damaged(
                &self.path,
                format!("its last {missing} bytes are missing"),
            ));
        }
        self.length = end;
        self.is_last = false;
        Ok(())
    }

    /// Gives each record to `record`; what was cut off.
    fn records(
        &mut self,
        record: &mut impl FnMut(&At, &[u8]) -> Result<()>,
    ) -> Result<Option<Tail>> {
        loop {
            let at = At {
                path: self.path.clone(),
                segment: self.header.segment,
                offset: self.offset,
            };
            match self.next_frame()? {
                Found::Frame => split(&at, &self.frame[HEAD..], record)?,
                Found::End => return Ok(None),
                Found::Torn if self.is_last => {
                    return Ok(Some(Tail {
                        bytes: self.length - at.offset,
                        path: at.path,
                        offset: at.offset,
                    }));
                }
                Found::Torn => return Err(self.damage("it is cut off")),
            }
        }
    }

    /// Reads the next frame into `frame`, without what follows its records.
    fn next_frame(&mut self) -> Result<Found> {
        let left = self.length.saturating_sub(self.offset);
        if left == 0 {
            return Ok(Found::End);
        }
        self.frame.clear();
        self.take(left.min(SECTOR as u64))?;
        if self.frame.len() < HEAD {
            return Ok(Found::Torn);
        }
        match Head::decode(&self.frame, self.header.segment) {
            Some(head) if head.frame == self.frames + 1 => self.with_head(head, left),
            Some(_) => Err(self.damage("frames are missing before it")),
            None => self.without_head(),
        }
    }

    fn with_head(&mut self, head: Head, left: u64) -> Result<Found> {
        if head.frame_len() > left {
            return Ok(Found::Torn);
        }
        self.take(head.frame_len() - self.frame.len() as u64)?;
        let records = HEAD..HEAD + head.len as usize;
        if crc32fast::hash(&self.frame[records.clone()]) != head.crc {
            let is_torn = head.frame_len() == left && format::zeros(&self.frame) > head.zeros;
            return match is_torn {
                true => Ok(Found::Torn),
                false => Err(self.damage("it does not match its checksum")),
            };
        }
        self.offset += head.frame_len();
        self.frames += 1;
        self.frame.truncate(records.end);
        Ok(Found::Frame)
    }

    /// A sector of zeros was not written; then nothing after it was synced either.
    fn without_head(&mut self) -> Result<Found> {
        if !format::is_zero(&self.frame) {
            return Err(self.damage("it does not match its checksum"));
        }
        let mut at = self.offset + self.frame.len() as u64;
        while at < self.length {
            self.frame.clear();
            self.take((self.length - at).min(SECTOR as u64))?;
            let head = Head::decode(&self.frame, self.header.segment);
            if head.is_some_and(|head| head.frame > self.frames + 1) {
                return Err(self.damage("it was overwritten by zeros"));
            }
            at += self.frame.len() as u64;
        }
        Ok(Found::Torn)
    }

    /// Appends the next bytes to `frame`. It grows with what is there, which is as much as the file
    /// is long.
    fn take(&mut self, bytes: u64) -> Result<()> {
        let read = self.file.by_ref().take(bytes).read_to_end(&mut self.frame);
        let problem = match read {
            Ok(read) if read as u64 == bytes => return Ok(()),
            Ok(_) => "the file became shorter while it was read".to_owned(),
            Err(error) => format!("reading: {error}"),
        };
        Err(self.damage(&problem))
    }

    fn damage(&self, problem: &str) -> Error {
        let problem = format!("at byte {}: {problem}", self.offset);
        damaged(&self.path, problem)
    }
}

fn header(path: &str, file: &mut impl Read, length: u64) -> Result<Header> {
    let mut bytes = [0; SECTOR];
    if length < SECTOR as u64 {
        return Err(damaged(path, "it is cut off"));
    }
    let read = file.read_exact(&mut bytes);
    read.map_err(|error| damaged(path, format!("reading: {error}")))?;
    Header::decode(&bytes).map_err(|bad| match bad {
        BadHeader::Magic => damaged(path, "it is not a file of a checkpoint"),
        BadHeader::Crc => damaged(path, "its header does not match its checksum"),
        BadHeader::Version(version) => Error::checkpoint(
            path,
            format!("it is of version {version}, and {VERSION} is what can be read"),
            "run the program that wrote it, or build this one with that version of `stream-runtime`",
        ),
    })
}

fn damaged(path: &str, problem: impl ToString) -> Error {
    Error::checkpoint(path, problem, BEGIN_ANEW)
}

fn split(
    at: &At,
    mut frame: &[u8],
    record: &mut impl FnMut(&At, &[u8]) -> Result<()>,
) -> Result<()> {
    while !frame.is_empty() {
        let found = frame
            .split_first_chunk()
            .and_then(|(len, rest)| rest.split_at_checked(u32::from_le_bytes(*len) as usize));
        let Some((bytes, rest)) = found else {
            return Err(at.error("a record is longer than its frame", BEGIN_ANEW));
        };
        record(at, bytes)?;
        frame = rest;
    }
    Ok(())
}
