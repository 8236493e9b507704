//! Expansions keep to themselves: they pass their user's lints, survive names that hide the
//! prelude, and work wherever an item can stand.

#![deny(warnings, missing_docs, unused, unreachable_pub, rust_2018_idioms)]

/// Words that were hidden on purpose.
mod shadowed {
    #![allow(dead_code, reason = "names that only stand in the way")]

    use stream_runtime::prelude::{Accumulator, Broadcast, Sink, Stream, Sum, stream};

    pub(super) struct Vec;
    pub(super) struct Box;
    pub(super) struct String;
    pub(super) enum Option {
        Some,
        None,
    }
    pub(super) enum Result {
        Ok,
        Err,
    }
    pub(super) trait Iterator {}
    pub(super) trait IntoIterator {}
    pub(super) trait Clone {}
    pub(super) trait Send {}
    pub(super) mod core {}
    pub(super) mod std {}
    #[allow(unused_imports, reason = "they hide the prelude's")]
    use Option::{None, Some};
    #[allow(unused_imports, reason = "they hide the prelude's")]
    use Result::{Err, Ok};

    stream!(
        pub(super) fn hidden(
            xs: Stream<u64>,
            ys: Stream<u64>,
            table: Broadcast<[u64; 2]>,
            sum: Accumulator<Sum<u64>>,
            out: Sink<(u64, (u64, u64))>,
        ) {
            let both = xs.union(ys);
            let (even, odd) = both.try_map(parity);
            let keyed = even.map(|x| (x % 3, x + table[1]));
            keyed
                .join(odd.map(|x| (x % 3, x)).reduce_by_key(|a, b| a + b))
                .inspect(|_| sum.add(1))
                .to(out);
        }
    );

    fn parity(x: u64) -> ::core::result::Result<u64, u64> {
        if x.is_multiple_of(2) {
            ::core::result::Result::Ok(x)
        } else {
            ::core::result::Result::Err(x)
        }
    }
}

use std::time::Duration;

use stream_runtime::prelude::*;
use stream_runtime::testing::{TestRun, run_batches, sorted};

#[test]
fn names_that_hide_the_prelude_do_no_harm() {
    let sum = Accumulator::named("sum");
    let (table, seen) = (Broadcast::new([0, 100]), sum.clone());
    let rows = TestRun::new().run_two(
        |xs, ys, out| shadowed::hidden(xs, ys, table, seen, out),
        [[2, 4]],
        [[5, 7]],
    );
    assert_eq!(sorted(rows), [[(1, (104, 7)), (2, (102, 5))]]);
    assert_eq!(sum.value(), 2);
}

const INTERVAL: Duration = Duration::from_millis(250);

/// Public pipelines are documented by what the user wrote.
pub mod public {
    use super::*;

    stream! {
        /// Kept by the item, as `missing_docs` shows.
        #[batch(INTERVAL)]
        #[partitions(1 + 2)]
        #[checkpoint(every = 10s)]
        #[must_use]
        pub fn documented(words: Stream<&str>, out: Sink<&str>) {
            words.to(out);
        }

        /// A second one, in braces.
        pub(crate) fn second(words: Stream<&str>, out: Sink<usize>) {
            words.map(str::len).to(out);
        }
    }
}

#[test]
fn several_pipelines_stand_in_one_macro() {
    assert_eq!(run_batches(public::documented, [["a", "b"]]), [["a", "b"]]);
    assert_eq!(run_batches(public::second, [["a", "bc"]]), [[1, 2]]);
}

stream!(
    /// Closures are plain Rust.
    fn plain_rust(xs: Stream<i64>, limit: i64, name: &'static str, out: Sink<(String, i64)>) {
        let twice = limit * 2;
        let table: Vec<i64> = (0..twice).collect();
        fn absolute(x: i64) -> i64 {
            x.abs()
        }
        let kept: Stream<i64> = xs.map(absolute).filter_map(|x| {
            if x > twice {
                return None;
            }
            let found = table.get(usize::try_from(x).ok()?)?;
            match found % 3 {
                0 => None,
                _ => Some(*found),
            }
        });
        kept.map(|x| (format!("{name} {}", x.clamp(0, limit)), x))
            .to(out);
    }

    /// Named like what is generated.
    fn generated_names(__s0_0: Stream<u64>, __o1: u64, __ctx: u64, out: Sink<u64>) {
        let __records = __o1 + __ctx;
        let __v1_0 = __s0_0.map(|__part| __part + __records);
        __v1_0.filter(|__g1| *__g1 > 0).to(out);
    }

    /// Generic in what it counts.
    fn counted<K>(keys: Stream<K>, out: Sink<(K, u64)>)
    where
        K: Key + serde::Serialize + serde::de::DeserializeOwned + 'static,
    {
        keys.count_by_value().to(out);
    }
);

#[test]
fn closures_are_plain_rust() {
    let rows = run_batches(|xs, out| plain_rust(xs, 3, "x", out), [vec![-1, 3, 5, 9]]);
    assert_eq!(rows, [[("x 1".to_owned(), 1), ("x 3".to_owned(), 5)]]);
}

#[test]
fn generated_names_do_not_meet_the_users() {
    let rows = run_batches(|xs, out| generated_names(xs, 1, 10, out), [[1, 2]]);
    assert_eq!(rows, [[12, 13]]);
}

#[test]
fn pipelines_may_be_generic() {
    let rows = run_batches(counted::<u8>, [[1, 1]]);
    assert_eq!(rows, [[(1, 2)]]);
    let words = ["a", "b", "a"].map(str::to_owned);
    let expected = [("a".to_owned(), 2), ("b".to_owned(), 1)];
    assert_eq!(sorted(run_batches(counted::<String>, [words])), [expected]);
}

macro_rules! pipeline {
    ($name:ident, $factor:expr) => {
        stream!(
            fn $name(xs: Stream<u64>, out: Sink<u64>) {
                xs.map(|x| x * $factor).to(out);
            }
        );
    };
}

pipeline!(doubled, 2);

#[test]
fn pipelines_stand_in_other_macros_and_inside_functions() {
    stream!(
        fn local(xs: Stream<u64>, out: Sink<u64>) {
            longer(longer(xs, 1), 2).union(longer(xs, 3)).to(out);
        }

        fn longer(xs: Stream<u64>, by: u64) -> Stream<u64> {
            xs.map(|x| x + by)
        }
    );
    assert_eq!(run_batches(doubled, [[1, 2]]), [[2, 4]]);
    let rows = TestRun::new().partitions(1).run(local, [[1, 2]]);
    assert_eq!(
        rows,
        [[4, 5, 4, 5]],
        "each call of a sub-pipeline has its own values"
    );
}
