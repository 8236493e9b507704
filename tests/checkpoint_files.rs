//! What becomes of a job whose checkpoint was damaged, cannot be written, or is not its own: it goes
//! on with outputs that are right, or it stops with an error that names the file and the remedy.

mod common;

use std::collections::BTreeMap;
use std::io;
use std::process::Command;
use std::sync::{Arc, Mutex};

use stream_runtime::prelude::*;
use stream_runtime::sink::from_fn;
use stream_runtime::storage::{Crash, LocalDirectory, MemoryStorage, Operation, Storage, Verdict};
use stream_runtime::{BatchTime, Clock, Error, Result, Signal};

stream!(
    #[checkpoint]
    fn count(words: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        let counts = words.update_state_by_key(|new: &[u64], count: Option<u64>| {
            let count = count.unwrap_or(0) + new.iter().sum::<u64>();
            (count != 4).then_some(count)
        });
        counts.to(out);
    }
);

/// The same pipeline as it was before its counts became larger.
mod before {
    use super::*;

    stream!(
        #[checkpoint]
        pub(crate) fn count(words: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
            let counts = words.update_state_by_key(|new: &[u64], count: Option<u32>| {
                let count = count.unwrap_or(0) + new.iter().sum::<u64>() as u32;
                (count != 4).then_some(count)
            });
            counts.map(|(word, count)| (word, u64::from(count))).to(out);
        }
    );
}

/// A clock that is moved on by whoever waits for it.
#[derive(Debug, Default)]
struct Jumping(Mutex<BatchTime>);

impl Clock for Jumping {
    fn now(&self) -> BatchTime {
        *self.0.lock().unwrap()
    }

    fn wait_until(&self, deadline: BatchTime, _: &Signal) {
        let mut now = self.0.lock().unwrap();
        *now = deadline.max(*now);
    }
}

type Rows = BTreeMap<BatchTime, Vec<(String, u64)>>;

/// What was put out, by batch. A batch that is put out again must be the same.
#[derive(Clone, Default)]
struct Outputs(Arc<Mutex<Rows>>);

impl Outputs {
    fn put(&self, time: BatchTime, partitions: &[Vec<(&str, u64)>]) -> io::Result<()> {
        let rows = partitions.iter().flatten();
        let mut rows: Vec<_> = rows
            .map(|(word, count)| ((*word).to_owned(), *count))
            .collect();
        rows.sort_unstable();
        let before = self.0.lock().unwrap().insert(time, rows.clone());
        assert!(
            before.is_none_or(|before| before == rows),
            "{time} was put out anew, and differs"
        );
        Ok(())
    }

    /// The same outputs, for another life of the job.
    fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.rows())))
    }

    fn rows(&self) -> Rows {
        self.0.lock().unwrap().clone()
    }
}

const BATCHES: usize = 8;

fn batches() -> Vec<Vec<(String, u64)>> {
    let batch = |batch: usize| {
        let words = ["to", "be", "or", "not"].into_iter().enumerate();
        let words = words.filter(move |(number, _)| !(batch + number).is_multiple_of(3));
        words
            .map(|(number, word)| (word.to_owned(), number as u64 + 1))
            .collect()
    };
    (0..BATCHES).map(batch).collect()
}

macro_rules! job {
    ($pipeline:path, $storage:expr, $outputs:expr) => {{
        let outputs = $outputs.clone();
        let out = from_fn(move |time, rows: &[Vec<(&str, u64)>]| outputs.put(time, rows));
        $pipeline(queue(batches()), out)
            .checkpoint($storage)
            .checkpoint_inline()
            .clock(Jumping::default())
            .threads(1)
            .partitions(2)
    }};
}

fn run(storage: &MemoryStorage, outputs: &Outputs, batches: usize) -> Result<()> {
    let job = job!(count, storage.clone(), outputs);
    job.max_batches(batches as u64).run().map(drop)
}

/// The outputs of a job that nothing happened to.
fn expected() -> Rows {
    let outputs = Outputs::default();
    run(&MemoryStorage::new(), &outputs, BATCHES).unwrap();
    assert_eq!(outputs.rows().len(), BATCHES);
    outputs.rows()
}

/// A job that was stopped when it was half through, twice, so that there are two files.
fn stopped() -> (MemoryStorage, Outputs) {
    let (storage, outputs) = (MemoryStorage::new(), Outputs::default());
    run(&storage, &outputs, 2).unwrap();
    run(&storage, &outputs, BATCHES / 2 - 2).unwrap();
    assert_eq!(storage.list().unwrap().len(), 2);
    (storage, outputs)
}

/// The job goes on and comes to the right end, or stops with an error about `file`.
fn check(storage: &MemoryStorage, outputs: &Outputs, file: &str) -> bool {
    match run(storage, outputs, BATCHES) {
        Ok(()) => {
            assert_eq!(outputs.rows(), expected(), "{file}");
            true
        }
        Err(error) => {
            check_error(&error, file);
            false
        }
    }
}

fn check_error(error: &Error, file: &str) {
    assert!(error.to_string().contains(file), "{error}");
    assert!(error.help().is_some(), "{error}");
}

#[test]
fn a_job_that_was_stopped_goes_on() {
    let (storage, outputs) = stopped();
    assert!(check(&storage, &outputs, ""));
}

#[test]
fn a_turned_bit_never_shows_in_the_outputs() {
    let (storage, outputs) = stopped();
    let mut refused = 0;
    for file in storage.list().unwrap() {
        let whole = storage.contents(&file).unwrap();
        for bit in (0..whole.len() * 8).step_by(41) {
            let damaged = storage.after(Crash::Kept);
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            damaged.set_contents(&file, Some(bytes));
            refused += u32::from(!check(&damaged, &outputs.copy(), &file));
        }
    }
    assert!(refused > 100);
}

#[test]
fn a_file_that_was_cut_off_or_is_missing_never_shows_in_the_outputs() {
    let (storage, outputs) = stopped();
    let files = storage.list().unwrap();
    for file in &files {
        let whole = storage.contents(file).unwrap();
        for len in (0..whole.len()).step_by(37) {
            let damaged = storage.after(Crash::Kept);
            damaged.set_contents(file, Some(whole[..len].to_vec()));
            check(&damaged, &outputs.copy(), file);
        }
    }
    let damaged = storage.after(Crash::Kept);
    damaged.set_contents(&files[0], None);
    assert!(!check(&damaged, &outputs.copy(), &files[0]));
}

#[test]
fn a_newer_version_is_refused_and_left_alone() {
    let (storage, outputs) = stopped();
    let file = storage.list().unwrap().remove(1);
    let mut bytes = storage.contents(&file).unwrap();
    bytes[8] = 2;
    storage.set_contents(&file, Some(bytes.clone()));
    let error = run(&storage, &outputs, BATCHES).unwrap_err();
    check_error(&error, &file);
    assert!(error.to_string().contains("version 2, and 1 is"), "{error}");
    assert_eq!(storage.contents(&file), Some(bytes));
}

#[test]
fn whatever_cannot_be_read_or_written_is_named_and_nothing_is_lost() {
    let (storage, outputs) = stopped();
    let mut failed = 0;
    for operation in 0.. {
        let (failing, outputs) = (storage.after(Crash::Kept), outputs.copy());
        failing.intercept(move |at, _| match at == operation {
            true => Verdict::Fail(io::ErrorKind::PermissionDenied.into()),
            false => Verdict::Proceed,
        });
        failed += u32::from(!check(&failing, &outputs, "memory"));
        if failing.operations() < operation {
            break;
        }
        failing.intercept(|_, _| Verdict::Proceed);
        assert!(check(&failing, &outputs, ""), "operation {operation}");
    }
    assert!(failed > 10);
}

#[test]
fn a_directory_that_cannot_be_read_is_named_with_the_remedy() {
    let (storage, outputs) = stopped();
    storage.intercept(|_, operation| match operation {
        Operation::List => Verdict::Fail(io::ErrorKind::PermissionDenied.into()),
        _ => Verdict::Proceed,
    });
    let error = run(&storage, &outputs, BATCHES).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`memory`: reading the directory"),
        "{error}"
    );
    assert!(
        error.help().unwrap().contains("let this process read"),
        "{error:?}"
    );
}

#[test]
fn a_full_disk_stops_the_job_and_costs_nothing() {
    let (storage, outputs) = stopped();
    let files = storage.list().unwrap();
    let used: usize = files
        .iter()
        .map(|file| storage.contents(file).unwrap().len())
        .sum();
    let mut stopped = 0;
    for room in (0..8_000).step_by(200) {
        let full = storage.after(Crash::Kept);
        full.set_capacity(Some(used + room));
        let outputs = outputs.copy();
        if !check(&full, &outputs, "writing") {
            stopped += 1;
        }
        full.set_capacity(None);
        assert!(check(&full, &outputs, ""), "{room} bytes of room");
    }
    assert!(stopped > 10);
}

#[test]
fn a_second_process_is_refused_and_told_who_was_first() {
    let directory = tempfile::tempdir().unwrap();
    let storage = LocalDirectory::create(directory.path()).unwrap();
    let _lock = storage.lock().unwrap();
    let output = Command::new(common::example("word_count"))
        .arg("--checkpoint-dir")
        .arg(directory.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    let holder = format!("process {} is using it", std::process::id());
    assert!(
        text.contains(&holder) && text.contains("help: stop that process"),
        "{text}"
    );
}

#[test]
fn another_pipeline_is_refused() {
    stream!(
        fn other(words: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
            words.to(out);
        }
    );
    let (storage, outputs) = stopped();
    let error = job!(other, storage, outputs).run().unwrap_err().to_string();
    assert!(
        error.contains("`count`") && error.contains("`other`"),
        "{error}"
    );
}

/// Half of the batches by the program as it was before.
fn by_the_program_before() -> (MemoryStorage, Outputs) {
    let (storage, outputs) = (MemoryStorage::new(), Outputs::default());
    let job = job!(before::count, storage.clone(), outputs);
    job.max_batches(BATCHES as u64 / 2).run().unwrap();
    (storage, outputs)
}

#[test]
fn a_state_whose_type_has_changed_is_refused_with_both_types_and_the_ways_out() {
    let (storage, outputs) = by_the_program_before();
    let files = storage.list().unwrap();
    let error = job!(count, storage.clone(), outputs).run().unwrap_err();
    let (text, help) = (error.to_string(), error.help().unwrap());
    assert!(
        text.contains("the state `counts` as a table of String → Option<u32>"),
        "{text}"
    );
    assert!(
        text.contains("the program has it as a table of String → Option<u64>"),
        "{text}"
    );
    assert!(
        help.contains("migrate_state") && help.contains("--reset-state"),
        "{help}"
    );
    // The program as it was before can still go on.
    assert!(files.iter().all(|file| storage.contents(file).is_some()));
    job!(before::count, storage, outputs).run().unwrap();
    assert_eq!(outputs.rows(), expected());
}

#[test]
fn a_state_whose_type_has_changed_is_migrated_once() {
    let (storage, outputs) = by_the_program_before();
    for batches in [1, 1, BATCHES as u64] {
        job!(count, storage.clone(), outputs)
            .migrate_state("counts", |_: &String, count: u32| u64::from(count))
            .max_batches(batches)
            .run()
            .unwrap();
    }
    assert_eq!(outputs.rows(), expected());
}

#[test]
fn a_state_that_is_reset_begins_anew_and_all_else_goes_on() {
    let (storage, outputs) = by_the_program_before();
    let job = job!(count, storage, outputs);
    job.reset_state("counts").run().unwrap();
    let rows = outputs.rows();
    assert_eq!(rows.len(), BATCHES);
    // The first batch after the reset has nothing but its own words.
    let (_, first) = rows.iter().nth(BATCHES / 2).unwrap();
    let mut own = batches().swap_remove(BATCHES / 2);
    own.retain(|(_, count)| *count != 4);
    own.sort_unstable();
    assert_eq!(*first, own);
}

#[test]
fn what_cannot_be_reset_or_migrated_is_an_error_with_what_there_is() {
    let (storage, outputs) = by_the_program_before();
    let unknown = job!(count, storage.clone(), outputs)
        .reset_state("sums")
        .run();
    let text = unknown.unwrap_err().to_string();
    assert!(
        text.contains("no state `sums`") && text.ends_with("there are: counts"),
        "{text}"
    );
    let unfit = job!(count, storage, outputs)
        .migrate_state("counts", |_: &u8, count: u32| u64::from(count))
        .run();
    let text = unfit.unwrap_err().to_string();
    assert!(text.contains("what can be migrated is u8 → u32"), "{text}");
    assert!(text.contains("--reset-state counts"), "{text}");
}
