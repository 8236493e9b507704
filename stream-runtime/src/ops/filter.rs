//! `filter`: keeps the records that pass a test.

use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Keeps the records for which `keep` is true.
    ///
    /// Shape: narrow; it becomes an `if` in the stage's loop. Order and partitioning are kept.
    ///
    /// Where `keep` is `|line| line.contains(pattern)` and nothing else is asked of the lines of a
    /// `Stream<&str>` parameter, a string is looked for in whole blocks, and lines that do not have it are not
    /// looked at one by one. `pattern` is a literal, a name, `&name` or `name.as_str()`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn with_a(words: Stream<&str>, out: Sink<&str>) {
    ///         words.filter(|word| word.contains('a')).to(out);
    ///     }
    /// );
    ///
    /// assert_eq!(run_batches(with_a, [["giants", "dodgers"], ["yankees", "red sox"]]), [["giants"], ["yankees"]]);
    /// ```
    #[track_caller]
    pub fn filter<F: Fn(&T) -> bool + Sync>(self, keep: F) -> (Filter<F>, Stream<T>) {
        (
            Filter {
                site: Site::here("filter"),
                keep,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::filter`].
#[derive(Debug, Clone, Copy)]
pub struct Filter<F> {
    /// Where the operator stands.
    pub site: Site,
    keep: F,
}

impl<F> Filter<F> {
    /// The record, if it passes.
    #[inline(always)]
    pub fn apply<T>(&self, record: T) -> Option<T>
    where
        F: Fn(&T) -> bool,
    {
        if (self.keep)(&record) {
            Some(record)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::block::Text;
    use crate::job::Job;
    use crate::prelude::*;
    use crate::receiver::Files;
    use crate::sink::{Collect, collect};
    use crate::testing::run_batches;

    const ERROR: &str = "ERROR";

    stream!(
        fn even(xs: Stream<u64>, out: Sink<u64>) {
            xs.filter(|x| x % 2 == 0).to(out);
        }

        fn constant(lines: Stream<&str>, out: Sink<&str>) {
            lines.filter(|line| line.contains(ERROR)).to(out);
        }

        fn reference(lines: Stream<&str>, pattern: String, out: Sink<&str>) {
            let twice = pattern.repeat(2);
            lines.filter(|line| line.contains(&twice)).to(out);
        }

        fn shared(lines: Stream<&str>, pattern: Broadcast<String>, out: Sink<&str>) {
            lines.filter(|line| line.contains(pattern.as_str())).to(out);
        }

        fn before(lines: Stream<&str>, pattern: &'static str, out: Sink<&str>) {
            let found = lines.filter(|line| line.contains(pattern));
            of_kind(found.map(|line| ("kind", line)), "kind").to(out);
        }

        fn of_kind(lines: Stream<(&str, &str)>, pattern: &'static str) -> Stream<&str> {
            lines
                .filter(|(kind, _)| kind.contains(pattern))
                .map(|(_, line)| line)
        }

        fn inside(lines: Stream<&str>, pattern: &'static str, out: Sink<&str>) {
            errors_with(lines, "last")
                .filter(|line| !line.contains(pattern))
                .to(out);
        }

        fn errors_with(lines: Stream<&str>, pattern: &'static str) -> Stream<&str> {
            lines
                .filter(|line| line.contains(pattern))
                .filter(|line| line.contains("ERROR"))
        }

        fn literal_inside(lines: Stream<&str>, out: Sink<&str>) {
            errors(lines).to(out);
        }

        fn errors(lines: Stream<&str>) -> Stream<&str> {
            lines.filter(|line| line.contains("ERROR"))
        }

        fn character(lines: Stream<&str>, pattern: char, out: Sink<&str>) {
            lines.filter(|line| line.contains(pattern)).to(out);
        }

        fn characters(lines: Stream<&str>, out: Sink<&str>) {
            let pattern = ['I', 'o'];
            lines.filter(|line| line.contains(pattern)).to(out);
        }

        fn function(lines: Stream<&str>, out: Sink<&str>) {
            let pattern = |letter: char| letter.is_lowercase();
            lines.filter(|line| line.contains(pattern)).to(out);
        }
    );

    const LOG: &str = "ERROR one\r\n\nINFO two\nan ERROR, an ERROR\nERRORERROR\nOR\nlast ERROR";

    /// Runs a pipeline over a file: each line counts as a record, and those that `keep` keeps come out.
    fn check(
        pipeline: impl FnOnce(Files<Text>, Collect<String>) -> Job,
        keep: impl Fn(&str) -> bool,
    ) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), LOG).unwrap();
        let (out, rows) = collect();
        let job = pipeline(text_file(file.path()), out);
        let summary = job.batch_interval(Duration::from_millis(1)).run().unwrap();
        assert_eq!(summary.records, 7);
        let expected: Vec<_> = LOG.lines().filter(|line| keep(line)).collect();
        assert!((1..7).contains(&expected.len()));
        assert_eq!(rows.rows().concat(), expected);
    }

    #[test]
    fn strings_are_looked_for_in_whole_blocks() {
        check(constant, |line| line.contains("ERROR"));
        let pattern = || "ERROR".to_owned();
        check(
            |lines, out| reference(lines, pattern(), out),
            |line| line.contains("ERRORERROR"),
        );
        check(
            |lines, out| shared(lines, Broadcast::new(pattern()), out),
            |line| line.contains("ERROR"),
        );
    }

    #[test]
    fn names_are_those_of_their_own_pipeline() {
        check(
            |lines, out| before(lines, "ERROR", out),
            |line| line.contains("ERROR"),
        );
        check(
            |lines, out| inside(lines, "INFO", out),
            |line| line.contains("last"),
        );
        check(literal_inside, |line| line.contains("ERROR"));
    }

    #[test]
    fn what_is_no_string_is_looked_for_in_each_line() {
        check(
            |lines, out| character(lines, 'I', out),
            |line| line.contains('I'),
        );
        check(characters, |line| line.contains(['I', 'o']));
        check(function, |line| line.contains(char::is_lowercase));
    }

    #[test]
    fn keeps_what_passes() {
        assert_eq!(
            run_batches(even, [vec![1, 2, 3, 4], vec![5], vec![]]),
            [vec![2, 4], vec![], vec![]]
        );
    }
}
