//! `save_as_object_files`: one directory of serialized records a batch.

use std::io;
use std::path::Path;

use serde::Serialize;

use crate::context::BatchContext;
use crate::files::{BatchFiles, write_objects};
use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Saves each batch as a directory of object files, to be read back with
    /// [`read_object_files`](crate::read_object_files): Spark's `saveAsObjectFiles`.
    ///
    /// Directories are named, written and replaced as by
    /// [`save_as_text_files`](Self::save_as_text_files). The format is the crate's own, versioned
    /// and checksummed: blocks of records in [postcard](https://postcard.jamesmunns.com/wire-format)'s
    /// wire format, each with its length, its number of records and a CRC-32.
    ///
    /// Shape: output. Memory: the batch's records are collected first; their bytes are not. Cost:
    /// parts are written side by side; bringing them to the disk takes some milliseconds a batch.
    ///
    /// # Errors
    ///
    /// The batch fails when a file cannot be written or a record cannot be serialized, and when a
    /// directory of that name is there without `_SUCCESS` in it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::read_object_files;
    /// # use stream_runtime::testing::run_output;
    /// stream!(
    ///     fn save(xs: Stream<u64>, prefix: String) {
    ///         xs.map(|x| (x, x * x)).save_as_object_files(&prefix, "obj");
    ///     }
    /// );
    ///
    /// # let dir = tempfile::tempdir()?;
    /// let prefix = dir.path().join("squares").display().to_string();
    /// run_output(|xs| save(xs, prefix.clone()), [[3, 4]]);
    /// let read = read_object_files::<(u64, u64)>(format!("{prefix}-1000.obj"))?;
    /// assert_eq!(read.collect::<Result<Vec<_>, _>>()?, [(3, 9), (4, 16)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn save_as_object_files(
        self,
        prefix: impl AsRef<Path>,
        suffix: impl AsRef<str>,
    ) -> (SaveAsObjectFiles, ())
    where
        T: Serialize,
    {
        (
            SaveAsObjectFiles {
                site: Site::here("save_as_object_files"),
                files: BatchFiles::new(prefix.as_ref(), suffix.as_ref()),
            },
            (),
        )
    }
}

/// The kernel of [`Stream::save_as_object_files`].
#[derive(Debug)]
pub struct SaveAsObjectFiles {
    /// Where the operator stands.
    pub site: Site,
    files: BatchFiles,
}

impl SaveAsObjectFiles {
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
        T: Serialize + Send,
    {
        self.files.write(context.time(), parts, write_objects)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::read_object_files;
    use crate::testing::TestRun;

    stream!(
        fn saved(pairs: Stream<(&str, u64)>, prefix: String) {
            pairs.save_as_object_files(&prefix, "");
        }
    );

    #[test]
    fn every_batch_is_read_back_as_it_was() {
        let home = tempfile::tempdir().unwrap();
        let prefix = home.path().join("o").display().to_string();
        let batches = [vec![("a", 1), ("b", 2), ("c", 3)], vec![], vec![("d", 4)]];
        let run = TestRun::new().partitions(2);
        run.printed(|pairs| saved(pairs, prefix.clone()), batches.clone());
        for (batch, time) in batches.into_iter().zip([1000, 2000, 3000]) {
            let read = read_object_files::<(String, u64)>(format!("{prefix}-{time}")).unwrap();
            let read: Vec<_> = read.map(Result::unwrap).collect();
            let batch: Vec<_> = batch
                .into_iter()
                .map(|(key, n)| (key.to_owned(), n))
                .collect();
            assert_eq!(read, batch);
        }
    }
}
