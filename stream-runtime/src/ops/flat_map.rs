//! `flat_map`: one record in, any number out.

use crate::site::Site;
use crate::stream::Stream;
use crate::words::{Separator, Words};

impl<T> Stream<T> {
    /// Applies `f` to each record and puts out everything in what it returns.
    ///
    /// Shape: narrow; the iterator runs inside the stage's loop, so nothing is collected. Return
    /// an iterator rather than a `Vec`: a `Vec` is an allocation for each record. The order of the
    /// records is kept.
    ///
    /// Words are found 64 bytes at a time where `f` is `|line| line.split_whitespace()` or
    /// `|line| line.split_ascii_whitespace()` and the records are those of a `Stream<&str>` parameter, or
    /// what a `filter` has left of them. If nothing else is asked of the lines, they are not looked for.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn words(lines: Stream<&str>, out: Sink<&str>) {
    ///         lines.flat_map(|line| line.split_whitespace()).to(out);
    ///     }
    /// );
    ///
    /// assert_eq!(run_batches(words, [vec!["to be or", "not"], vec![""]]), [vec!["to", "be", "or", "not"], vec![]]);
    /// ```
    #[track_caller]
    pub fn flat_map<I: IntoIterator, F: Fn(T) -> I + Sync>(
        self,
        f: F,
    ) -> (FlatMap<F>, Stream<I::Item>) {
        (
            FlatMap {
                site: Site::here("flat_map"),
                f,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::flat_map`].
#[derive(Debug, Clone, Copy)]
pub struct FlatMap<F> {
    /// Where the operator stands.
    pub site: Site,
    f: F,
}

impl<F> FlatMap<F> {
    /// The records that come out for `record`.
    #[inline(always)]
    pub fn apply<T, I: IntoIterator>(&self, record: T) -> I::IntoIter
    where
        F: Fn(T) -> I,
    {
        (self.f)(record).into_iter()
    }

    /// The words of `record`, for a function that is known to split at white space.
    #[inline(always)]
    pub fn words<'b, S: Separator>(&self, record: &'b str) -> Words<'b, S>
    where
        F: Fn(&'b str) -> S,
    {
        Words::new(record)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::sink::collect;
    use crate::testing::{TestRun, run_batches};

    stream!(
        fn words_of_all(lines: Stream<&str>, out: Sink<&str>, first: Sink<&str>) {
            lines.flat_map(|line| line.split_whitespace()).to(out);
            lines
                .flat_map(str::split_ascii_whitespace)
                .take(1)
                .to(first);
        }

        fn words_of_some(lines: Stream<&str>, out: Sink<&str>, lens: Sink<usize>) {
            let some = lines.filter(|line| !line.starts_with('#'));
            some.flat_map(|line| line.split_whitespace()).to(out);
            lines.map(|line| line.len()).to(lens);
        }

        fn repeated(xs: Stream<u64>, out: Sink<u64>) {
            xs.flat_map(|x| (0..x).map(move |_| x)).to(out);
        }
    );

    const TEXT: &str = "to be\u{3000}or\r\n\n# not\tto\x0bbe\n  that  is";

    #[test]
    fn words_are_found_in_whole_blocks_and_records_counted() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), TEXT).unwrap();
        let ((out, words), (first, firsts)) = (collect(), collect());
        let job = words_of_all(text_file(file.path()), out, first);
        let summary = job
            .batch_interval(std::time::Duration::from_millis(1))
            .run()
            .unwrap();
        assert_eq!(
            words.rows().concat(),
            TEXT.split_whitespace().collect::<Vec<_>>()
        );
        assert_eq!(firsts.rows().concat(), ["to"]);
        assert_eq!(summary.records, 4);
    }

    #[test]
    fn words_are_found_in_the_records_that_are_left() {
        let lines: Vec<&str> = TEXT.lines().collect();
        let ((out, words), (lens, len_rows)) = (collect(), collect());
        let job = words_of_some(queue([lines.clone(), vec![]]), out, lens);
        TestRun::new().partitions(1).job(job, 2).unwrap();
        let expected = [vec!["to", "be", "or", "that", "is"], vec![]];
        assert_eq!(
            words.rows(),
            expected.map(|row| row.into_iter().map(str::to_owned).collect::<Vec<_>>())
        );
        assert_eq!(
            len_rows.rows().concat(),
            lines.iter().map(|line| line.len()).collect::<Vec<_>>()
        );
    }

    #[test]
    fn none_one_and_many() {
        assert_eq!(
            run_batches(repeated, [vec![0, 1, 3], vec![]]),
            [vec![1, 3, 3, 3], vec![]]
        );
    }
}
