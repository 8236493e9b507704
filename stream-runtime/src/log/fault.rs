//! Errors of storage, with what to do about them.

use std::io::{self, ErrorKind};

use crate::error::Error;
use crate::storage::Storage;

pub(crate) const BEGIN_ANEW: &str =
    "put back an undamaged copy of the directory, or begin anew in another one";

const NEEDS_ROOM: &str =
    "make room on the disk and start the job again: it goes on after its last committed batch";
const NEEDS_RIGHTS: &str = "let this process read and write the directory";
const NEEDS_DISK: &str =
    "see to the disk and start the job again: it goes on after its last committed batch";

/// What happened while a file, or with an empty name the directory, was read or written.
pub(crate) fn io_error(storage: &dyn Storage, name: &str, doing: &str, error: &io::Error) -> Error {
    let remedy = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => NEEDS_ROOM,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => NEEDS_RIGHTS,
        _ => NEEDS_DISK,
    };
    Error::checkpoint(storage.path(name), format!("{doing}: {error}"), remedy)
}
