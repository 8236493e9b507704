//! The job that is killed.

use std::env;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use stream_runtime::prelude::*;
use stream_runtime::receiver::Words;
use stream_runtime::storage::LocalDirectory;

/// The variables that make the test a child.
pub(crate) const HOME: &str = "KILL_TEST_HOME";
pub(crate) const FEED: &str = "KILL_TEST_FEED";

pub(crate) const BATCH: Duration = Duration::from_millis(100);
/// How many lines a file has.
pub(crate) const FILE_LINES: u64 = 300;
/// How many lines are made.
pub(crate) const MADE: u64 = 50_000;

stream!(
    #[batch(100ms)]
    #[checkpoint]
    fn count(files: Stream<&str>, feed: Stream<&str>, made: Stream<&str>, out: String) {
        let counts = files
            .union(feed, made)
            .map(|word| (word, 1u64))
            .reduce_by_key(|a, b| a + b);
        counts.save_as_text_files(format!("{out}/batch"), "");
        counts
            .reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, 400ms, 100ms)
            .save_as_text_files(format!("{out}/window"), "");
        counts
            .update_state_by_key(|counts, total: Option<u64>| {
                Some(total.unwrap_or(0) + counts.iter().sum::<u64>())
            })
            .save_as_text_files(format!("{out}/total"), "");
    }
);

/// The lines that are made, so many a second.
pub(crate) fn made(rate: u64) -> Words {
    words(rate).per_line(1).vocabulary(100).limit(MADE)
}

pub(crate) fn run_if_asked() {
    let Some(home) = env::var_os(HOME).map(PathBuf::from) else {
        return;
    };
    run(&home, &env::var(FEED).unwrap()).unwrap();
}

fn run(home: &Path, feed: &str) -> stream_runtime::Result<()> {
    let again = Duration::from_millis(5);
    let feed = socket_text(feed).acknowledged().restart_delay(again, again);
    let files = text_files(home.join("in")).new_files_only(false);
    let out = home.join("out").display().to_string();
    let job = count(files, feed, made(5_000), out)
        .threads(2)
        .checkpoint(LocalDirectory::create(home.join("checkpoint"))?);
    let (stop, file) = (job.stop_signal(), home.join("stop"));
    thread::spawn(move || {
        while !file.exists() {
            thread::sleep(Duration::from_millis(5));
        }
        stop.raise();
    });
    job.run()?;
    Ok(())
}
