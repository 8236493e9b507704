//! The cases of keyed state: Spark's `MapWithStateSuite`, `MapWithStateRDDSuite` and `StateMapSuite`,
//! and what other suites have of `updateStateByKey`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use stream_runtime::prelude::*;
use stream_runtime::receiver::Queue;
use stream_runtime::sink::{Collect, collect};
use stream_runtime::storage::{MemoryStorage, Storage};
use stream_runtime::testing::{TestRun, sorted};

use crate::case::Case;

pub(crate) const CASES: &[(&str, fn(&Case))] = &[
    ("basic.update_state", |case| case.holds::<String, _>(totals)),
    ("basic.update_state_initial", |case| {
        case.holds::<String, _>(totals_from_some)
    }),
    ("basic.update_state_time", |case| {
        case.holds::<String, _>(times)
    }),
    ("basic.update_state_iterator_initial", |case| {
        case.holds::<String, _>(totals_from_some)
    }),
    ("golden.update_state.trailing_empty", |case| {
        case.holds::<String, _>(present)
    }),
    ("checkpoint.update_state", |case| {
        for fail_after in 1..10 {
            restarted(case, totals, fail_after);
        }
    }),
    ("mapws.simple_api", |case| {
        case.holds::<String, _>(|words, out| counts(words, out, collect().0));
        snapshots(case, |words, all| counts(words, collect().0, all));
    }),
    ("mapws.states_as_output", |case| {
        case.holds::<String, _>(|words, out| pairs(words, out, collect().0));
        snapshots(case, |words, all| pairs(words, collect().0, all));
    }),
    ("mapws.removing", |case| {
        case.holds::<String, _>(|words, out| every_second(words, out, collect().0));
        snapshots(case, |words, all| every_second(words, collect().0, all));
    }),
    ("mapws.driver_recovery", |case| {
        restarted(case, |words, all| pairs(words, collect().0, all), 3);
    }),
    ("mapws.record.no_data", one_batch),
    ("mapws.record.noop", one_batch),
    ("mapws.record.get_absent", one_batch),
    ("mapws.record.update_absent", one_batch),
    ("mapws.record.update", one_batch),
    ("mapws.record.remove", one_batch),
    ("mapws.record.timeout_past", one_batch),
    ("mapws.record.timeout_touched_by_noop", one_batch),
    ("mapws.record.timeout_absent_noop", one_batch),
    ("mapws.state_rdd_sequence", branches),
    (
        "golden.map_with_state.timeout_checkpoint_every_batch",
        |case| exact_timeouts(case, case.expected_batches.clone()),
    ),
];

/// Those of which the answer is another on purpose.
pub(crate) const DIFFERENT: &[(&str, fn(&Case))] = &[
    ("golden.map_with_state.timeout_default_checkpoint", |case| {
        exact_timeouts(case, None)
    }),
    ("mapws.checkpoint_durations", every_batch_is_written),
    ("basic.cleanup_update_state", nothing_but_the_state_is_kept),
    ("statemap.basic", oldest_first),
    ("statemap.copy", attempts_see_no_changes),
];

stream!(
    #[checkpoint]
    fn totals(words: Stream<&str>, out: Sink<(&str, u64)>) {
        words
            .map(|word| (word, 1))
            .update_state_by_key(|ones, total| {
                Some(ones.iter().sum::<u64>() + total.unwrap_or(0u64))
            })
            .to(out);
    }

    #[checkpoint]
    fn totals_from_some(words: Stream<&str>, out: Sink<(&str, u64)>) {
        words
            .map(|word| (word, 1))
            .update_state_by_key(
                |ones, total| Some(ones.iter().sum::<u64>() + total.unwrap_or(0u64)),
                StateSpec::new().initial([("a", 1), ("c", 2)]),
            )
            .to(out);
    }

    #[checkpoint]
    fn times(words: Stream<&str>, out: Sink<(&str, u64)>) {
        words
            .map(|word| (word, 1))
            .update_state_by_key(
                |time, _word, ones, sum| {
                    let time = if ones.is_empty() { 0 } else { time.as_millis() };
                    Some(time + sum.unwrap_or(0u64))
                },
                StateSpec::new().initial([("a", 0), ("c", 0)]),
            )
            .to(out);
    }

    #[checkpoint]
    fn present(words: Stream<&str>, out: Sink<(&str, u64)>) {
        words
            .map(|word| (word, 1))
            .update_state_by_key(|ones, total| {
                let new = ones.len() as u64;
                (new > 0).then(|| total.unwrap_or(0u64) + new)
            })
            .to(out);
    }

    #[checkpoint]
    fn counts(words: Stream<&str>, out: Sink<u64>, all: Sink<(&str, u64)>) {
        let counts = words
            .map(|word| (word, 1))
            .map_with_state(|_, _, one, count| {
                let sum = one.unwrap_or(0u64) + count.get_option().unwrap_or(&0);
                count.update(sum);
                Some(sum)
            });
        counts.to(out);
        counts.state_snapshots().to(all);
    }

    #[checkpoint]
    fn pairs(words: Stream<&str>, out: Sink<(&str, u64)>, all: Sink<(&str, u64)>) {
        let counts = words
            .map(|word| (word, 1))
            .map_with_state(|_, word, one, count| {
                *count.get_or_insert(0u64) += one.unwrap_or(0);
                Some((word, *count.get()))
            });
        counts.to(out);
        counts.state_snapshots().to(all);
    }

    #[checkpoint]
    fn every_second(words: Stream<&str>, out: Sink<&str>, all: Sink<(&str, u64)>) {
        let mapped = words
            .map(|word| (word, 1))
            .map_with_state(|_, word, one, state| {
                if state.exists() {
                    state.remove();
                    return Some(word);
                }
                one.into_iter().for_each(|one: u64| state.update(one));
                None
            });
        mapped.to(out);
        mapped.state_snapshots().to(all);
    }

    #[checkpoint]
    fn timed(words: Stream<&str>, out: Sink<String>, all: Sink<(&str, u64)>) {
        let mapped = words.map(|word| (word, 1)).map_with_state(
            |_, word, one, count| {
                if count.is_timing_out() {
                    return Some(format!("{word} timed out at {}", count.get()));
                }
                *count.get_or_insert(0u64) += one.unwrap_or(0);
                Some(format!("{word}={}", count.get()))
            },
            StateSpec::new().timeout(3s),
        );
        mapped.to(out);
        mapped.state_snapshots().to(all);
    }

    /// What the function of `MapWithStateRDDSuite` does: the states are their values and the times
    /// at which these were touched.
    #[checkpoint]
    fn commands(
        commands: Stream<(&str, &str)>,
        first: Vec<(String, i64)>,
        log: Accumulator<Collection<String>>,
        out: Sink<i64>,
        all: Sink<(&str, i64)>,
    ) {
        let mapped = commands.map_with_state(
            |_, _, command, state| {
                log.add(command.unwrap_or("timing-out").to_owned());
                match command {
                    Some("get-state") => return Some(*state.get_option().unwrap_or(&-1)),
                    Some("update-state") => {
                        let next = state.get_option().map_or(0, |state| state + 1);
                        state.update(next);
                    }
                    Some("remove-state") => {
                        state.remove();
                    }
                    Some(_) => {}
                    None => assert!(state.is_timing_out()),
                }
                None
            },
            StateSpec::new().initial(first.iter().map(|(key, state)| (key.as_str(), *state))),
        );
        mapped.to(out);
        mapped.state_snapshots().to(all);
    }

    #[checkpoint]
    fn timed_commands(
        commands: Stream<(&str, &str)>,
        first: Vec<(String, i64)>,
        log: Accumulator<Collection<String>>,
        out: Sink<i64>,
        all: Sink<(&str, i64)>,
    ) {
        let mapped = commands.map_with_state(
            |_, _, command, state| {
                log.add(command.unwrap_or("timing-out").to_owned());
                if command.is_none() {
                    assert!(state.is_timing_out());
                }
                None
            },
            StateSpec::new()
                .initial(first.iter().map(|(key, state)| (key.as_str(), *state)))
                .timeout(999ms),
        );
        mapped.to(out);
        mapped.state_snapshots().to(all);
    }

    #[checkpoint]
    fn oldest_go_first(words: Stream<&str>, all: Sink<(&str, u64)>) {
        words
            .map(|word| (word, 1))
            .map_with_state(
                |_, _, one, count| {
                    *count.get_or_insert(0u64) += one.unwrap_or(0);
                    None::<()>
                },
                StateSpec::new().max_keys(2),
            )
            .state_snapshots()
            .to(all);
    }
);

/// Compares what comes out as snapshots with those of the case.
fn snapshots<O: Clone + serde::Serialize>(
    case: &Case,
    pipeline: impl Fn(Queue<String>, Collect<O>) -> Job,
) {
    case.answers::<String, O>(&case.expected_snapshots, pipeline);
}

/// Stops after some batches, and goes on from the checkpoint with other partitions.
fn restarted(
    case: &Case,
    pipeline: impl Fn(Queue<String>, Collect<(String, u64)>) -> Job,
    fail_after: u64,
) {
    let (rows, storage) = (case.rows::<String>(), MemoryStorage::new());
    let mut found = Vec::new();
    for (partitions, batches) in [(2, fail_after), (3, rows.len() as u64 - fail_after)] {
        let (out, collected) = collect();
        let job = pipeline(queue(rows.clone()), out).checkpoint(storage.clone());
        let run = TestRun::new().partitions(partitions);
        run.job(job, batches).expect("the job completes");
        found.extend(collected.rows());
    }
    let expected = case.expected_batches.as_ref();
    case.compare(&found, expected.expect("the case has an answer"));
}

/// Time-outs in the first batch that is late enough. What is left of a key is told with its name,
/// not in any order.
fn exact_timeouts(case: &Case, expected: Option<Value>) {
    let expected = expected.unwrap_or_else(|| {
        let counts = (3..=13).map(|count| match count {
            5 => json!(["a=5", "c timed out at 1"]),
            6 => json!(["a=6", "b timed out at 2"]),
            count => json!([format!("a={count}")]),
        });
        let first = [json!(["a=1", "b=1", "c=1"]), json!(["a=2", "b=2"])];
        first.into_iter().chain(counts).collect()
    });
    case.answers::<String, _>(&expected, |words, out| timed(words, out, collect().0));
}

/// A key with a state, or none, in the first batch, and a command or none in the second.
fn one_batch(case: &Case) {
    let first: Vec<(i64, u64)> = serde_json::from_value(case.params["initial_states"].clone())
        .expect("states with their times");
    let first: Vec<_> = first
        .iter()
        .map(|(state, _)| ("key".to_owned(), *state))
        .collect();
    let commands: Vec<Vec<String>> = case.rows();
    let commands = commands
        .concat()
        .into_iter()
        .map(|command| ("key".to_owned(), command));
    let rows = [Vec::new(), commands.collect()];
    let log = Accumulator::named("log");
    let ((out, mapped), (all, states)) = (collect(), collect());
    let pipeline = match case.params["timeout_threshold_ms"] {
        Value::Null => commands_of,
        _ => timed_commands_of,
    };
    TestRun::new().printed(
        |input| pipeline(input, first.clone(), log.clone(), out, all),
        rows,
    );

    let expected = case
        .expected_batches
        .as_ref()
        .expect("the case has an answer");
    case.compare(&mapped.rows()[1..].to_vec(), expected);
    let left = case.expected["states_with_update_time"]
        .as_array()
        .expect("states");
    let left: Vec<Value> = left.iter().map(|state| json!(["key", state[0]])).collect();
    assert_eq!(json!(states.rows()[1]), json!(left), "{}", case.id);
    let timed_out = case.expected["timing_out_called_with"]
        .as_array()
        .expect("states")
        .len();
    let calls = log.value();
    assert_eq!(
        calls.iter().filter(|call| *call == "timing-out").count(),
        timed_out
    );
    if case.expected["function_called"] == json!(false) {
        assert!(calls.is_empty(), "{calls:?}");
    }
}

type Input = Queue<(String, String)>;
type States = Collect<(String, i64)>;
type Log = Accumulator<Collection<String>>;
type Mapped = Collect<i64>;

fn commands_of(input: Input, first: Vec<(String, i64)>, log: Log, out: Mapped, all: States) -> Job {
    commands(input, first, log, out, all)
}

fn timed_commands_of(
    input: Input,
    first: Vec<(String, i64)>,
    log: Log,
    out: Mapped,
    all: States,
) -> Job {
    timed_commands(input, first, log, out, all)
}

/// Each branch is run from the beginning: there is only one state, which goes on.
fn branches(case: &Case) {
    let mut batches: BTreeMap<String, Vec<Vec<(String, String)>>> = BTreeMap::new();
    let first: Vec<(String, i64)> =
        serde_json::from_value(case.params["initial_state"].clone()).expect("pairs");
    batches.insert("init".to_owned(), vec![Vec::new()]);
    for branch in case.params["branches"].as_array().expect("branches") {
        let mut rows = batches[branch["from"].as_str().expect("a name")].clone();
        let data: Vec<(String, u8)> =
            serde_json::from_value(branch["data"].clone()).expect("pairs");
        let commands = ["noop", "update-state", "remove-state"];
        let command = |code: u8| commands[usize::from(code)].to_owned();
        rows.push(
            data.into_iter()
                .map(|(key, code)| (key, command(code)))
                .collect(),
        );
        if let Some(name) = branch["name"].as_str() {
            batches.insert(name.to_owned(), rows.clone());
        }
        for run in case.runs() {
            let (all, states) = collect();
            run.printed(
                |input| commands_of(input, first.clone(), Log::named("log"), collect().0, all),
                rows.clone(),
            );
            let found: BTreeMap<String, i64> = states
                .rows()
                .pop()
                .unwrap_or_default()
                .into_iter()
                .collect();
            let expected = branch["states"].as_array().expect("states").iter();
            let expected = expected.map(|state| {
                let key = state[0].as_str().expect("a key").to_owned();
                (key, state[1].as_i64().expect("a state"))
            });
            assert_eq!(found, expected.collect(), "{branch}");
        }
    }
}

/// Spark writes a state at each tenth batch; here nothing is lost whichever batch was the last one.
fn every_batch_is_written(_: &Case) {
    let rows: Vec<Vec<String>> = vec![vec!["a".to_owned()]; 8];
    let storage = MemoryStorage::new();
    for batch in 1..=8u64 {
        let (all, collected) = collect();
        let job = pairs(queue(rows.clone()), collect().0, all).checkpoint(storage.clone());
        TestRun::new().job(job, 1).expect("the job completes");
        assert_eq!(collected.rows(), [[("a".to_owned(), batch)]]);
    }
}

/// Spark keeps the states of so many batches; here there is one state, and a journal that is cut
/// off.
fn nothing_but_the_state_is_kept(case: &Case) {
    let words = case.rows::<u64>().into_iter();
    let words: Vec<Vec<String>> = words
        .map(|row| row.iter().map(u64::to_string).collect())
        .collect();
    let storage = MemoryStorage::new();
    let (out, collected) = collect();
    let job = totals(queue(words.clone()), out).checkpoint(storage.clone());
    TestRun::new()
        .job(job, words.len() as u64)
        .expect("the job completes");
    let last = collected.rows().pop().expect("a row");
    assert_eq!(last.len(), 11, "every key is there");
    let files = storage.list().expect("the storage can be read").len();
    assert!(files <= 5, "{files} files are left");
}

/// There is no map of states to ask; that the oldest are found shows where there are too many.
fn oldest_first(_: &Case) {
    let rows = [vec!["1"], vec!["2"], vec!["1"], vec!["3"], vec!["4"]];
    let run = TestRun::new().partitions(1);
    let rows = sorted(run.run(oldest_go_first, rows));
    let keys: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| row.iter().map(|(key, _)| key.as_str()).collect())
        .collect();
    assert_eq!(
        keys,
        [
            vec!["1"],
            vec!["1", "2"],
            vec!["1", "2"],
            vec!["1", "3"],
            vec!["3", "4"]
        ]
    );
}

stream!(
    /// Fails after all states are changed, if it is to.
    #[checkpoint]
    fn interrupted(words: Stream<&str>, failures: &'static AtomicU32, all: Sink<(&str, u64)>) {
        let counts = words
            .map(|word| (word, 1))
            .map_with_state(|_, _, one, count| {
                *count.get_or_insert(0u64) += one.unwrap_or(0);
                None::<()>
            });
        let all_counts = counts.state_snapshots();
        all_counts.for_each_batch(|_, _| {
            let left = failures.load(Ordering::Relaxed);
            failures.store(left.saturating_sub(1), Ordering::Relaxed);
            assert_eq!(left, 0, "to be tried again");
        });
        all_counts.to(all);
    }
);

/// There are no copies of a state; what would change its parent is an attempt that fails.
fn attempts_see_no_changes(_: &Case) {
    static FAILURES: AtomicU32 = AtomicU32::new(2);
    let run = TestRun::new().attempts(3);
    let rows = run.run(
        |words, out| interrupted(words, &FAILURES, out),
        [vec!["a", "b"], vec!["a"]],
    );
    let row = |a, b| vec![("a".to_owned(), a), ("b".to_owned(), b)];
    let rows = sorted(rows);
    assert_eq!(rows, [row(1, 1), row(2, 1)]);
}
