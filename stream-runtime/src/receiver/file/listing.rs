//! Which files and directories there are, for a path or a pattern.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::time::BatchTime;

/// The files that a path or a pattern means.
pub(super) fn matching(path: &Path) -> Result<Vec<PathBuf>, String> {
    let shown = path.display();
    if path.is_dir() {
        return Err(format!(
            "`{shown}` is a directory: write `{shown}/*` for the files in it, or use `text_files` for those that are added to it"
        ));
    }
    if path.exists() {
        return Ok(vec![path.to_owned()]);
    }
    let paths =
        glob::glob(&path.to_string_lossy()).map_err(|error| format!("`{shown}`: {error}"))?;
    let mut files = Vec::new();
    for path in paths {
        let path = path.map_err(|error| error.to_string())?;
        if !path.is_dir() {
            files.push(path);
        }
    }
    match files.is_empty() {
        true => Err(format!("no file matches `{shown}`")),
        false => Ok(files), // in the order of their names
    }
}

/// Checks that a path to a directory, or a pattern of such, can be listed at all.
pub(super) fn check_directory(path: &Path) -> Result<(), String> {
    let shown = path.display();
    if path.is_dir() {
        return Ok(());
    }
    match glob::Pattern::new(&path.to_string_lossy()) {
        Err(error) => Err(format!("`{shown}`: {error}")),
        Ok(_) if is_pattern(path) => Ok(()),
        Ok(_) => Err(format!(
            "there is no directory `{shown}`: create it before the job starts"
        )),
    }
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

/// Whether the name of a file does not begin with a dot.
pub(super) fn is_visible(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    !name.as_encoded_bytes().starts_with(b".")
}

/// A file with its modification time.
type Found = (PathBuf, BatchTime);

/// The wanted files in the directories that a path or a pattern means at present, and what could
/// not be looked at.
pub(super) fn list(path: &Path, wanted: impl Fn(&Path) -> bool) -> (Vec<Found>, Vec<String>) {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for directory in directories(path) {
        let listed = directory.and_then(|directory| {
            let listed = list_one(&directory, &wanted, &mut found);
            listed.map_err(|error| format!("listing `{}`: {error}", directory.display()))
        });
        errors.extend(listed.err());
    }
    (found, errors)
}

fn directories(path: &Path) -> Vec<Result<PathBuf, String>> {
    if path.is_dir() || !is_pattern(path) {
        return vec![Ok(path.to_owned())];
    }
    match glob::glob(&path.to_string_lossy()) {
        Err(error) => vec![Err(error.to_string())],
        Ok(paths) => paths
            .map(|path| path.map_err(|error| error.to_string()))
            .filter(|path| path.as_ref().map_or(true, |path| path.is_dir()))
            .collect(),
    }
}

fn list_one(
    directory: &Path,
    wanted: impl Fn(&Path) -> bool,
    found: &mut Vec<Found>,
) -> io::Result<()> {
    for entry in directory.read_dir()? {
        let path = entry?.path();
        if !wanted(&path) {
            continue;
        }
        match path.metadata() {
            Ok(metadata) if metadata.is_file() => found.push((path, modified(&metadata)?)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {} // a directory, or gone by now
        }
    }
    Ok(())
}

fn modified(metadata: &Metadata) -> io::Result<BatchTime> {
    let since = metadata.modified()?.duration_since(UNIX_EPOCH);
    Ok(BatchTime::ZERO + since.unwrap_or_default())
}
