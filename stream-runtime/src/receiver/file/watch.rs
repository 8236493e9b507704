//! Which files of a directory belong to a batch: Spark's rules.

use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::BatchTime;

use super::path_bytes;

/// For at least this long after its modification time a file may still appear: Spark's
/// `fileStream.minRememberDuration`.
const REMEMBER: Duration = Duration::from_secs(60);

/// Remembers which files were taken, so that each is taken once.
///
/// A file is taken by the first batch that sees it, if it was modified after the threshold and not
/// after the batch time. The threshold is the start of the job, or the batch time less the
/// remembered batches, whichever is later. So a file must appear at once, by a rename, and at most
/// a minute after it was written.
///
/// When batches were skipped because the job was away, the time of the first of them counts, so
/// that no file is too old because of that.
#[derive(Debug)]
pub(super) struct Watch {
    batch_interval: Duration,
    remember: Duration,
    seen: Seen,
    known: HashSet<PathBuf>,
}

/// What is remembered over a restart.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Seen {
    ignore_up_to: u64,
    last: Option<u64>,
    taken: VecDeque<Taken>,
}

/// What a batch has taken. The time is in microseconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Taken {
    time: u64,
    files: Vec<File>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct File(#[serde(with = "path_bytes")] PathBuf);

impl Watch {
    /// Watches for files that were modified after `ignore_up_to`.
    pub(super) fn new(ignore_up_to: BatchTime, batch_interval: Duration) -> Self {
        Self {
            batch_interval,
            remember: remembered(batch_interval),
            seen: Seen {
                ignore_up_to: ignore_up_to.as_micros(),
                ..Seen::default()
            },
            known: HashSet::new(),
        }
    }

    /// What is to be remembered over a restart.
    pub(super) fn seen(&self) -> Seen {
        self.seen.clone()
    }

    /// Goes on from what was remembered.
    pub(super) fn take_over(&mut self, seen: Seen) {
        let files = seen.taken.iter().flat_map(|taken| &taken.files);
        self.known = files.map(|File(path)| path.clone()).collect();
        self.seen = seen;
    }

    /// Whether a file was taken by one of the remembered batches.
    pub(super) fn knows(&self, path: &Path) -> bool {
        self.known.contains(path)
    }

    /// Takes those files that belong to the batch at `time`, in the order of their paths.
    pub(super) fn take(
        &mut self,
        time: BatchTime,
        found: impl IntoIterator<Item = (PathBuf, BatchTime)>,
    ) -> Vec<PathBuf> {
        let remembered = self.remembered(time);
        self.forget(remembered);
        let threshold = remembered.max(BatchTime::from_micros(self.seen.ignore_up_to));
        let mut files: Vec<PathBuf> = found
            .into_iter()
            .filter(|(path, modified)| {
                threshold < *modified && *modified <= time && !self.knows(path)
            })
            .map(|(path, _)| path)
            .collect();
        files.sort();
        self.known.extend(files.iter().cloned());
        if !files.is_empty() {
            self.seen.taken.push_back(Taken {
                time: time.as_micros(),
                files: files.iter().cloned().map(File).collect(),
            });
        }
        self.seen.last = Some(time.as_micros());
        files
    }

    /// The time up to which nothing is remembered, for the batch at `time`.
    fn remembered(&self, time: BatchTime) -> BatchTime {
        let last = self.seen.last.map(BatchTime::from_micros);
        let due = last.map_or(time, |last| time.min(last + self.batch_interval));
        due - self.remember
    }

    /// Forgets the batches before the remembered ones. Their files are too old to be taken again.
    fn forget(&mut self, remembered: BatchTime) {
        while let Some(taken) = self.seen.taken.front()
            && taken.time < remembered.as_micros()
        {
            for File(path) in &taken.files {
                self.known.remove(path);
            }
            self.seen.taken.pop_front();
        }
    }
}

/// As many whole batches as make up the minimum.
fn remembered(batch_interval: Duration) -> Duration {
    let batches = REMEMBER
        .as_nanos()
        .div_ceil(batch_interval.as_nanos().max(1));
    batch_interval * u32::try_from(batches).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> BatchTime {
        BatchTime::from_millis(seconds * 1_000)
    }

    fn take(watch: &mut Watch, time: u64, found: &[(&str, u64)]) -> Vec<String> {
        let found = found
            .iter()
            .map(|(path, at)| (PathBuf::from(path), seconds(*at)));
        let files = watch.take(seconds(time), found).into_iter();
        files.map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn the_remembered_time_is_whole_batches() {
        for (interval, remember) in [(1, 60), (7, 63), (60, 60), (61, 61), (90, 90)] {
            let interval = Duration::from_secs(interval);
            assert_eq!(remembered(interval), Duration::from_secs(remember));
        }
    }

    #[test]
    fn a_file_is_taken_once_after_the_threshold_and_up_to_the_batch_time() {
        let mut watch = Watch::new(seconds(100), Duration::from_secs(1));
        let found = [("old", 100), ("b", 101), ("future", 103), ("a", 102)];
        assert_eq!(take(&mut watch, 102, &found), ["a", "b"]);
        assert_eq!(take(&mut watch, 103, &found), ["future"]);
        let touched = [("a", 104), ("b", 104)];
        assert!(
            take(&mut watch, 104, &touched).is_empty(),
            "additions are ignored"
        );
    }

    #[test]
    fn a_file_may_appear_late_but_not_too_late_and_is_not_taken_again() {
        let mut watch = Watch::new(seconds(0), Duration::from_secs(1));
        assert_eq!(
            take(&mut watch, 70, &[("late", 11), ("too late", 10)]),
            ["late"]
        );
        for time in 71..=130 {
            assert!(take(&mut watch, time, &[("late", 11)]).is_empty());
            assert!(watch.knows(Path::new("late")));
        }
        assert!(take(&mut watch, 131, &[("late", 11)]).is_empty());
        assert!(
            !watch.knows(Path::new("late")),
            "memory does not grow for ever"
        );
    }
}
