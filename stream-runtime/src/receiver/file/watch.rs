//! Which files of a directory belong to a batch: Spark's rules.

use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::time::BatchTime;

/// For at least this long after its modification time a file may still appear: Spark's
/// `fileStream.minRememberDuration`.
const REMEMBER: Duration = Duration::from_secs(60);

/// Remembers which files were taken, so that each is taken once.
///
/// A file is taken by the first batch that sees it, if it was modified after the threshold and not
/// after the batch time. The threshold is the start of the job, or the batch time less the
/// remembered batches, whichever is later. So a file must appear at once, by a rename, and at most
/// a minute after it was written.
#[derive(Debug)]
pub(super) struct Watch {
    ignore_up_to: BatchTime,
    remember: Duration,
    taken: VecDeque<(BatchTime, Vec<PathBuf>)>,
    known: HashSet<PathBuf>,
}

impl Watch {
    /// Watches for files that were modified after `ignore_up_to`.
    pub(super) fn new(ignore_up_to: BatchTime, batch_interval: Duration) -> Self {
        Self {
            ignore_up_to,
            remember: remembered(batch_interval),
            taken: VecDeque::new(),
            known: HashSet::new(),
        }
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
        self.forget(time);
        let threshold = self.ignore_up_to.max(time - self.remember);
        let mut files: Vec<PathBuf> = found
            .into_iter()
            .filter(|(path, modified)| {
                threshold < *modified && *modified <= time && !self.knows(path)
            })
            .map(|(path, _)| path)
            .collect();
        files.sort();
        self.known.extend(files.iter().cloned());
        self.taken.push_back((time, files.clone()));
        files
    }

    /// Forgets the batches before the remembered ones. Their files are too old to be taken again.
    fn forget(&mut self, time: BatchTime) {
        while let Some((taken, files)) = self.taken.front()
            && *taken < time - self.remember
        {
            for file in files {
                self.known.remove(file);
            }
            self.taken.pop_front();
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
