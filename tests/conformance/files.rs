//! The cases of Spark's `InputStreamsSuite` about files that are added to a directory.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;
use stream_runtime::prelude::*;
use stream_runtime::receiver::text_files;
use stream_runtime::sink::collect;
use stream_runtime::{Clock, Signal};

use crate::case::Case;

pub(crate) const CASES: &[(&str, fn(&Case))] = &[
    ("input.file_new_only", one_file_a_batch),
    ("input.file_existing", one_file_a_batch),
    ("input.file_renamed_dir", renamed_directory),
];

stream!(
    #[batch(1s)]
    fn through(lines: Stream<&str>, out: Sink<&str>) {
        lines.to(out);
    }
);

/// When the jobs start.
const START: BatchTime = BatchTime::from_millis(100_000);

/// A clock that does not wait, and what happens on the disk before each batch.
struct Story {
    now: Mutex<BatchTime>,
    before_batch: Box<dyn Fn(BatchTime) + Send + Sync>,
}

impl Story {
    fn new(before_batch: impl Fn(BatchTime) + Send + Sync + 'static) -> Self {
        Self {
            now: Mutex::new(START),
            before_batch: Box::new(before_batch),
        }
    }
}

impl Clock for Story {
    fn now(&self) -> BatchTime {
        *self.now.lock().unwrap()
    }

    fn wait_until(&self, deadline: BatchTime, _: &Signal) {
        let mut now = self.now.lock().unwrap();
        if *now < deadline {
            (self.before_batch)(deadline);
            *now = deadline;
        }
    }
}

impl fmt::Debug for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Story")
    }
}

/// Puts a file with its name as its only line into a directory at once, as modified at `time`.
fn put(directory: &Path, name: &str, time: BatchTime) {
    let aside = directory.join(".aside");
    fs::write(&aside, format!("{name}\n")).unwrap();
    let modified = UNIX_EPOCH + time.since(BatchTime::ZERO);
    let file = File::options().append(true).open(&aside).unwrap();
    file.set_modified(modified).unwrap();
    fs::rename(aside, directory.join(name)).unwrap();
}

/// What comes out of `batches` batches over the files that `path` means.
fn lines(path: &Path, new_files_only: bool, story: Story, batches: u64) -> Vec<String> {
    let (out, collected) = collect();
    let files = text_files(path).new_files_only(new_files_only);
    let job = through(files, out).clock(story).max_batches(batches);
    job.run().unwrap();
    collected.rows().concat()
}

fn names(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).expect("names of files")
}

fn one_file_a_batch(case: &Case) {
    let new_files_only = case.params["new_files_only"].as_bool().expect("a setting");
    let added = names(&case.params["added_one_per_batch"]);
    let directory = tempfile::tempdir().unwrap();
    for name in names(&case.params["existing"]) {
        put(directory.path(), &name, START - Duration::from_secs(1));
    }
    let batches = added.len() as u64;
    let place = directory.path().to_owned();
    let story = Story::new(move |time| {
        let batch = time.since(START).as_secs() as usize;
        put(&place, &added[batch - 1], time);
    });
    let found = lines(directory.path(), new_files_only, story, batches);
    let expected = names(&case.expected["set_of_outputs"]);
    assert_eq!(
        BTreeSet::from_iter(found),
        BTreeSet::from_iter(expected),
        "{}",
        case.id
    );
}

/// Two files in a directory nobody looks at, which is then renamed so that somebody does: the one
/// that is older than the remembered minute is ignored.
fn renamed_directory(case: &Case) {
    let place = tempfile::tempdir().unwrap();
    let base = place.path().join("base");
    fs::create_dir_all(base.join("aside")).unwrap();
    let pattern = case.params["directory"].as_str().expect("a pattern");
    let story = Story::new(move |time| match time.since(START).as_secs() {
        1 => {
            put(
                &base.join("aside"),
                "existing",
                START - Duration::from_secs(600),
            );
            put(&base.join("aside"), "renamed", time);
        }
        2 => fs::rename(base.join("aside"), base.join("subdirectory")).unwrap(),
        _ => {}
    });
    let found = lines(&place.path().join(pattern), true, story, 3);
    assert_eq!(found, names(&case.expected["outputs"]), "{}", case.id);
}
