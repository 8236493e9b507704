//! `print`: the first records of each batch, for people.

use std::io;

use crate::context::BatchContext;
use crate::show::Show;
use crate::site::Site;
use crate::stream::Stream;

/// How many records `print` shows, as in Spark.
const SHOWN: usize = 10;

impl<T> Stream<T> {
    /// Prints the first ten records of each batch, one a line, below a heading with the batch's
    /// time, in Spark's layout; `...` stands for what is not shown.
    ///
    /// Records are shown as Spark shows them where Rust has a like form: text without quotes,
    /// pairs in parentheses: see [`Show`].
    ///
    /// Shape: output. Memory: at most eleven records per partition.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::TestRun;
    /// stream!(
    ///     fn show(words: Stream<&str>) {
    ///         words.map(|word| (word, word.len())).print();
    ///     }
    /// );
    ///
    /// let text = TestRun::new().printed(show, [["spark"]]);
    /// assert!(text.ends_with("Time: 1000 ms\n-------------------------------------------\n(spark,5)\n\n"));
    /// ```
    #[track_caller]
    pub fn print(self) -> (Print, ())
    where
        T: Show,
    {
        (
            Print {
                site: Site::here("print"),
            },
            (),
        )
    }
}

/// The kernel of [`Stream::print`].
#[derive(Debug)]
pub struct Print {
    /// Where the operator stands.
    pub site: Site,
}

impl Print {
    /// The records of one task that may be shown.
    pub fn local<T>(&self) -> Vec<T> {
        Vec::new()
    }

    /// Takes in one record, while there is a use for it.
    #[inline(always)]
    pub fn push<T>(&self, shown: &mut Vec<T>, record: T) {
        if shown.len() <= SHOWN {
            shown.push(record);
        }
    }

    /// Hands the records over.
    pub fn finish<T>(&self, shown: Vec<T>) -> Vec<T> {
        shown
    }

    /// Prints.
    pub fn run<T: Show>(&self, context: &BatchContext<'_>, parts: Vec<Vec<T>>) -> io::Result<()> {
        let rule = "-".repeat(43);
        let mut text = format!("{rule}\nTime: {}\n{rule}\n", context.time());
        let (mut shown, mut records) = (0, 0);
        for part in &parts {
            records += part.len();
            for record in part {
                if shown < SHOWN {
                    shown += 1;
                    record.show(&mut text);
                    text.push('\n');
                }
            }
        }
        text.push_str(if records > SHOWN { "...\n\n" } else { "\n" });
        context.console(&mut |console| console.write_all(text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::TestRun;

    stream!(
        fn numbers(xs: Stream<u64>) {
            xs.print();
        }
    );

    #[test]
    fn ten_records_and_a_sign_that_there_are_more() {
        let rule = "-".repeat(43);
        let text = TestRun::new().printed(numbers, [vec![1, 2], (1..=11).collect(), vec![]]);
        let eleven: String = (1..=10).map(|x| format!("{x}\n")).collect();
        let heading = |ms| format!("{rule}\nTime: {ms} ms\n{rule}\n");
        assert_eq!(
            text,
            format!(
                "{}1\n2\n\n{}{eleven}...\n\n{}\n",
                heading(1000),
                heading(2000),
                heading(3000)
            )
        );
    }
}
