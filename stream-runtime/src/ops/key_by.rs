//! `key_by`: puts a key beside each record.

use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Makes each record the value of a pair whose key `key` computes from it: `(key(&x), x)`.
    ///
    /// A key may borrow from what the record borrows from: in a stream of `&str` it may be a part
    /// of the text.
    ///
    /// Shape: narrow; the order of the records and partitions are kept.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn by_initial(words: Stream<&str>, out: Sink<(&str, &str)>) {
    ///         words.key_by(|word| &word[..1]).to(out);
    ///     }
    /// );
    ///
    /// assert_eq!(run_batches(by_initial, [["be", "or"]]), [[("b".into(), "be".into()), ("o".into(), "or".into())]]);
    /// ```
    #[track_caller]
    pub fn key_by<K, F: Fn(&T) -> K + Sync>(self, key: F) -> (KeyBy<F>, Stream<(K, T)>) {
        (
            KeyBy {
                site: Site::here("key_by"),
                key,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::key_by`].
#[derive(Debug, Clone, Copy)]
pub struct KeyBy<F> {
    /// Where the operator stands.
    pub site: Site,
    key: F,
}

impl<F> KeyBy<F> {
    /// The pair of key and record.
    #[inline(always)]
    pub fn apply<T, K>(&self, record: T) -> (K, T)
    where
        F: Fn(&T) -> K,
    {
        ((self.key)(&record), record)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::run_batches;

    stream!(
        fn by_parity(xs: Stream<u64>, out: Sink<(bool, u64)>) {
            xs.key_by(|x| x % 2 == 1).to(out);
        }
    );

    #[test]
    fn the_record_becomes_the_value() {
        assert_eq!(
            run_batches(by_parity, [vec![1, 2], vec![]]),
            [vec![(true, 1), (false, 2)], vec![]]
        );
    }
}
