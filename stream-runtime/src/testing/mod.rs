//! Running a pipeline over rows of batches: one row in, one row out.
//!
//! ```
//! use stream_runtime::prelude::*;
//! use stream_runtime::testing::run_batches;
//!
//! stream!(
//!     fn lengths(words: Stream<&str>, out: Sink<usize>) {
//!         words.map(|word| word.len()).to(out);
//!     }
//! );
//!
//! assert_eq!(run_batches(lengths, [vec!["hello"], vec![]]), [vec![5], vec![]]);
//! ```
//!
//! Rows of `&'static str` or `String` feed a `Stream<&str>`, rows of `T` a `Stream<T>` or a
//! `Stream<&T>`. Batches are of one second, and their times are 1000 ms, 2000 ms and so on; the
//! clock does not wait.
//!
//! | the pipeline has | call |
//! |---|---|
//! | one input, one sink | [`run_batches`] |
//! | two inputs, one sink | [`run_two`] |
//! | one input, outputs of its own or several sinks | [`run_output`] with a closure, and [`collect`] for each sink |
//! | one input, `print` | [`TestRun::printed`] |
//! | a batch that must fail | [`TestRun::fails`] |
//! | an input that must survive its source | [`flaky`] |
//! | anything else | [`TestRun::job`] |
//!
//! Partitions, threads, attempts and the like are set on a [`TestRun`], which has the same methods.
//! Parameters that are neither input nor sink are given in a closure:
//!
//! ```
//! use stream_runtime::prelude::*;
//! use stream_runtime::testing::{TestRun, collect, run_output, sorted};
//!
//! stream!(
//!     fn split(words: Stream<&str>, limit: usize, short: Sink<&str>, long: Sink<&str>) {
//!         words.filter(|word| word.len() <= limit).to(short);
//!         words.filter(|word| word.len() > limit).to(long);
//!     }
//!
//!     fn count(words: Stream<&str>, out: Sink<(&str, u64)>) {
//!         words.map(|word| (word, 1)).reduce_by_key(|a, b| a + b).to(out);
//!     }
//!
//!     fn ratios(numbers: Stream<u64>) {
//!         numbers.map(|x| 100 / x).print();
//!     }
//! );
//!
//! // Several sinks.
//! let ((short, shorts), (long, longs)) = (collect(), collect());
//! run_output(|words| split(words, 3, short, long), [["to", "question"]]);
//! assert_eq!((shorts.rows(), longs.rows()), (vec![vec!["to".to_owned()]], vec![vec!["question".to_owned()]]));
//!
//! // Keys come in no fixed order.
//! for partitions in [1, 2, 7] {
//!     let run = TestRun::new().partitions(partitions);
//!     let rows = sorted(run.run(count, [["to", "be", "to"]]));
//!     assert_eq!(rows, [[("be".to_owned(), 1), ("to".to_owned(), 2)]]);
//! }
//!
//! // A batch that must fail: the second one.
//! let error = TestRun::new().fails(ratios, [[5], [0]]).to_string();
//! assert!(error.starts_with("batch 2000 ms: `map` at "));
//! assert!(error.ends_with(" panicked: attempt to divide by zero"));
//! ```
//!
//! # Sources that fail
//!
//! An input must not lose a record when its source does what sources do: cut the connection, send
//! twice, send in another order, or fall silent. [`flaky`] is a source that does this by a seed, and
//! can be asked afterwards what became of its records. Its receiver has a thread of its own, so the
//! job is run as any other, until its inputs are finished:
//!
//! ```
//! use stream_runtime::prelude::*;
//! use stream_runtime::testing::{collect, flaky};
//!
//! stream!(
//!     #[batch(1ms)]
//!     fn through(numbers: Stream<u64>, out: Sink<u64>) {
//!         numbers.to(out);
//!     }
//! );
//!
//! for seed in 0..10 {
//!     let server = flaky(0..100).seed(seed).disconnects(0.2).idles(0.1);
//!     let (out, collected) = collect();
//!     through(server.receiver(), out).run()?;
//!     server.assert_exactly_once(collected.rows().concat());
//! }
//! # Ok::<(), stream_runtime::Error>(())
//! ```
//!
//! A receiver of one's own that drops what it has seen is shown at [`flaky`].

mod flaky;
mod run;

pub use crate::sink::collect;
pub use flaky::{Connection, Delivery, Flaky, FlakyReceiver, flaky};
pub use run::{TestRun, run_batches, run_output, run_two, sorted};
