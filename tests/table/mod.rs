//! The compiler's table of operators, read as text.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The table of operators.
pub(crate) const TABLE: &str = "stream-macros/src/ops.rs";

/// A path in the repository.
pub(crate) fn root(path: impl AsRef<Path>) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The text of a file of the repository; empty if it is not there.
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root(path)).unwrap_or_default()
}

/// The names in the lines `op("name", …)` of the table.
pub(crate) fn operators() -> BTreeSet<String> {
    let table = read(TABLE);
    let names = table.lines().filter_map(|line| {
        let (name, _) = line.trim().strip_prefix("op(\"")?.split_once('"')?;
        Some(name.to_owned())
    });
    let names: BTreeSet<String> = names.collect();
    assert!(names.contains("map"), "{TABLE} has no lines `op(\"…\"`");
    names
}
