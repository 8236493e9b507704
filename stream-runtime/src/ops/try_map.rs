//! `try_map`: one record in, one out on the stream of results or on the stream of errors.

use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Applies `f`, which may fail, to each record: the values go to the first stream, the errors
    /// to the second.
    ///
    /// Both streams have to be named, so that errors go somewhere on purpose: to an output, into
    /// an [`Accumulator`](crate::Accumulator), or nowhere with `let (good, _) = …`.
    ///
    /// Shape: narrow, with two streams out; it becomes a `match` in the stage's loop. The order of
    /// the records is kept on both. Have `f` return the record itself, or the part that is wrong,
    /// as the error: it costs nothing when it borrows.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn sums(words: Stream<&str>, bad: Accumulator<Collection<String>>, out: Sink<i64>) {
    ///         let (numbers, errors) = words.try_map(|word| word.parse::<i64>().map_err(|_| word));
    ///         numbers.reduce(|a, b| a + b).to(out);
    ///         errors.for_each_batch(|errors, _| errors.for_each(|word| bad.add(word.to_string())));
    ///     }
    /// );
    ///
    /// let bad = Accumulator::named("bad");
    /// let rows = run_batches(|words, out| sums(words, bad.clone(), out), [vec!["1", "one", "2"], vec!["3"]]);
    /// assert_eq!(rows, [[3], [3]]);
    /// assert_eq!(bad.value(), ["one"]);
    /// ```
    #[track_caller]
    pub fn try_map<U, E, F: Fn(T) -> Result<U, E> + Sync>(
        self,
        f: F,
    ) -> (TryMap<F>, (Stream<U>, Stream<E>)) {
        (
            TryMap {
                site: Site::here("try_map"),
                f,
            },
            (Stream::new(), Stream::new()),
        )
    }
}

/// The kernel of [`Stream::try_map`].
#[derive(Debug, Clone, Copy)]
pub struct TryMap<F> {
    /// Where the operator stands.
    pub site: Site,
    f: F,
}

impl<F> TryMap<F> {
    /// The record of the first stream, or else of the second.
    #[inline(always)]
    pub fn apply<T, U, E>(&self, record: T) -> Result<U, E>
    where
        F: Fn(T) -> Result<U, E>,
    {
        (self.f)(record)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::run_batches;

    stream!(
        fn halved_or_kept(xs: Stream<u64>, out: Sink<(bool, u64)>) {
            let (halves, odd) = xs.try_map(|x| if x % 2 == 0 { Ok(x / 2) } else { Err(x) });
            halves
                .map(|x| (true, x))
                .union(odd.map(|x| (false, x)))
                .to(out);
        }

        fn only_good(words: Stream<&str>, out: Sink<u64>) {
            let (good, _) = words.try_map(str::parse::<u64>);
            good.to(out);
        }
    );

    #[test]
    fn each_record_comes_out_once() {
        let rows = run_batches(halved_or_kept, [vec![1, 2, 3, 4], vec![], vec![5]]);
        assert_eq!(
            rows,
            [
                vec![(true, 1), (true, 2), (false, 1), (false, 3)],
                vec![],
                vec![(false, 5)]
            ]
        );
    }

    #[test]
    fn errors_may_be_dropped_on_purpose() {
        assert_eq!(run_batches(only_good, [["1", "x", "2"]]), [[1, 2]]);
    }
}
