//! What batches leave on disk: directories of parts, and the format of object files.

mod directory;
mod objects;
mod read;

use std::io;
use std::path::Path;

pub(crate) use directory::BatchFiles;
pub(crate) use objects::write_objects;
pub use read::{ObjectFiles, read_object_files};

/// An I/O error with the path at which it happened.
fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}
