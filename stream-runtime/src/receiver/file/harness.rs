//! What the tests of files share.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use crate::block::Text;
use crate::clock::ManualClock;
use crate::receiver::harness::next_batch;

use super::Directory;

/// Writes a file that was modified at this second.
pub(super) fn put(directory: &Path, name: &str, content: &str, second: u64) {
    let aside = directory.with_extension("aside");
    fs::write(&aside, content).unwrap();
    let modified = UNIX_EPOCH + Duration::from_secs(second);
    File::options()
        .append(true)
        .open(&aside)
        .and_then(|file| file.set_modified(modified))
        .unwrap();
    fs::rename(&aside, directory.join(name)).unwrap();
}

/// A clock at second 100, and a directory in a place of its own.
pub(super) fn place() -> (ManualClock, tempfile::TempDir, PathBuf) {
    let clock = ManualClock::new();
    clock.advance(Duration::from_secs(100));
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("in");
    fs::create_dir(&directory).unwrap();
    (clock, place, directory)
}

pub(super) fn next(source: &mut Directory<Text>, clock: &ManualClock) -> String {
    let blocks = next_batch(source, clock);
    blocks.iter().map(Text::as_str).collect()
}
