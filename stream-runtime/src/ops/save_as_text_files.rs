//! `save_as_text_files`: one directory of text a batch.

use std::io;
use std::path::Path;

use crate::context::BatchContext;
use crate::files::BatchFiles;
use crate::show::{Show, write_lines};
use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Saves each batch as a directory of text files, `prefix-TIME.suffix/part-00000` and so on,
    /// one record a line as [`print`](Self::print) shows it: Spark's `saveAsTextFiles`.
    ///
    /// `TIME` is the batch's time in milliseconds. The name is `prefix-TIME` if the suffix is
    /// empty and `TIME.suffix` if the prefix is; the prefix may lead through directories, which
    /// are created. There is one part per partition, and `_SUCCESS`, an empty file. An empty batch
    /// has its directory too. A record with line breaks in it becomes several lines.
    ///
    /// A directory that is there is whole: it is written aside under a hidden name, brought to the
    /// disk, and renamed. A batch that is run again replaces its directory, so it is saved exactly
    /// once. When a crash falls between taking the old directory away and putting the new one in
    /// place, the old one stands beside it as `.NAME.old`, and the batch, which was not completed,
    /// is run again.
    ///
    /// Shape: output. Memory: the batch's records are collected first; the text is not. Cost:
    /// parts are written side by side; bringing them to the disk takes some milliseconds a batch.
    ///
    /// # Errors
    ///
    /// The batch fails when a file cannot be written, and when a directory of that name is there
    /// without `_SUCCESS` in it: it is not replaced, since no batch has left it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_output;
    /// stream!(
    ///     fn save(words: Stream<&str>, prefix: String) {
    ///         words.map(|word| (word, word.len())).save_as_text_files(&prefix, "txt");
    ///     }
    /// );
    ///
    /// # let dir = tempfile::tempdir()?;
    /// let prefix = dir.path().join("lengths").display().to_string();
    /// run_output(|words| save(words, prefix.clone()), [["question"]]);
    /// assert_eq!(std::fs::read_to_string(format!("{prefix}-1000.txt/part-00001"))?, "(question,8)\n");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn save_as_text_files(
        self,
        prefix: impl AsRef<Path>,
        suffix: impl AsRef<str>,
    ) -> (SaveAsTextFiles, ())
    where
        T: Show,
    {
        (
            SaveAsTextFiles {
                site: Site::here("save_as_text_files"),
                files: BatchFiles::new(prefix.as_ref(), suffix.as_ref()),
            },
            (),
        )
    }
}

/// The kernel of [`Stream::save_as_text_files`].
#[derive(Debug)]
pub struct SaveAsTextFiles {
    /// Where the operator stands.
    pub site: Site,
    files: BatchFiles,
}

impl SaveAsTextFiles {
    /// The records of one task.
    pub fn local<T>(&self) -> Vec<T> {
        Vec::new()
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<T>(&self, records: &mut Vec<T>, record: T) {
        records.push(record);
    }

    /// Hands the records over.
    pub fn finish<T>(&self, records: Vec<T>) -> Vec<T> {
        records
    }

    /// Writes the directory of the batch.
    pub fn run<T>(&self, context: &BatchContext<'_>, parts: Vec<Vec<T>>) -> io::Result<()>
    where
        T: Show + Send,
    {
        self.files
            .write(context.time(), parts, |part, file| write_lines(part, file))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use crate::prelude::*;
    use crate::testing::TestRun;

    stream!(
        fn saved(xs: Stream<i64>, prefix: String) {
            xs.save_as_text_files(format!("{prefix}/p"), "txt");
            xs.save_as_text_files(format!("{prefix}/q"), "");
            xs.save_as_object_files(format!("{prefix}/o"), "obj");
        }

        fn squares(xs: Stream<i64>, prefix: String) {
            xs.map(|x| x * x).save_as_text_files(&prefix, "");
        }
    );

    /// All files below a directory.
    fn listing(home: &Path) -> Vec<String> {
        let files = |directory: &Path| {
            let entries = fs::read_dir(directory).unwrap();
            entries
                .map(|entry| entry.unwrap().path())
                .collect::<Vec<_>>()
        };
        let mut listing: Vec<String> = files(home)
            .iter()
            .flat_map(|directory| files(directory))
            .map(|file| file.strip_prefix(home).unwrap().display().to_string())
            .collect();
        listing.sort();
        listing
    }

    #[test]
    fn directories_are_named_as_in_spark_and_empty_batches_have_theirs() {
        let home = tempfile::tempdir().unwrap();
        let prefix = home.path().display().to_string();
        let run = TestRun::new().partitions(1);
        run.printed(|xs| saved(xs, prefix.clone()), [vec![1, 2], vec![]]);
        let directories = [
            "o-1000.obj",
            "o-2000.obj",
            "p-1000.txt",
            "p-2000.txt",
            "q-1000",
            "q-2000",
        ];
        let expected =
            directories.map(|name| [format!("{name}/_SUCCESS"), format!("{name}/part-00000")]);
        assert_eq!(listing(home.path()), expected.concat());
        let text = |name| fs::read_to_string(home.path().join(name).join("part-00000")).unwrap();
        assert_eq!(
            (text("p-1000.txt").as_str(), text("q-2000").as_str()),
            ("1\n2\n", "")
        );
    }

    #[test]
    fn large_parts_are_whole_whatever_the_threads() {
        let batch: Vec<i64> = (0..50_000).collect();
        let expected: String = batch.iter().map(|x| format!("{}\n", x * x)).collect();
        for threads in [1, 3] {
            let home = tempfile::tempdir().unwrap();
            let prefix = home.path().join("squares").display().to_string();
            let run = TestRun::new().partitions(3).threads(threads);
            run.printed(|xs| squares(xs, prefix.clone()), [batch.clone()]);
            let parts = (0..3).map(|part| format!("{prefix}-1000/part-0000{part}"));
            let text: String = parts
                .map(|part| fs::read_to_string(part).unwrap())
                .collect();
            assert!(text == expected);
        }
    }
}
