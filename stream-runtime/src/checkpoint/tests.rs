//! A job's journal under every fault: what was acknowledged comes back, and never a wrong state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::error::Result;
use crate::shape::shape_of;
use crate::site::Site;
use crate::state::{Checkpoint, Draft, Malformed, Recorded, StateShape, States};
use crate::storage::{Crash, MemoryStorage, Operation, Storage, Verdict};
use crate::time::BatchTime;

/// A state as a user of this module sees it: counts by word, of which zeros are removed.
#[derive(Debug, Default, Clone)]
struct Counts {
    counts: BTreeMap<String, u64>,
    changed: BTreeSet<String>,
    /// The words that are not yet in the image.
    image: BTreeSet<String>,
    cannot_be_written: bool,
}

impl Counts {
    fn set(&mut self, word: &str, count: u64) {
        self.changed.insert(word.to_owned());
        match count {
            0 => self.counts.remove(word),
            _ => self.counts.insert(word.to_owned(), count),
        };
    }

    fn write(&self, words: impl IntoIterator<Item = String>, out: &mut Draft) {
        let count = |word: String| (self.counts.get(&word).copied().unwrap_or(0), word);
        let rows: Vec<_> = words.into_iter().map(count).collect();
        out.write(&rows);
    }
}

impl Checkpoint for Counts {
    fn shape(&self) -> StateShape {
        StateShape::new("rows", shape_of::<String>(), shape_of::<u64>())
    }

    fn delta(&mut self, out: &mut Draft) {
        self.write(self.changed.clone(), out);
        if self.cannot_be_written {
            out.write_later(0, |_| panic!("no bytes for this"));
        }
        self.changed.clear();
    }

    fn begin_round(&mut self) {
        self.image = self.counts.keys().cloned().collect();
    }

    /// Two words at a time.
    fn image(&mut self, out: &mut Draft, _bytes: usize) -> bool {
        let words = [self.image.pop_first(), self.image.pop_first()];
        self.write(words.into_iter().flatten(), out);
        self.image.is_empty()
    }

    fn apply(&mut self, part: &[u8]) -> Result<(), Malformed> {
        for (count, word) in postcard::from_bytes::<Vec<(u64, String)>>(part)? {
            self.set(&word, count);
        }
        self.changed.clear();
        Ok(())
    }
}

const BATCHES: u64 = 12;

fn job() -> Identity {
    Identity {
        pipeline: "word_count".to_owned(),
        version: "1.2.3".to_owned(),
        interval: Duration::from_secs(1),
        zero_time: BatchTime::ZERO,
        states: vec!["counts".to_owned(), "late".to_owned()],
    }
}

fn at(batch: u64) -> BatchTime {
    BatchTime::from_millis(batch * 1_000)
}

/// What is there after each batch, computed without a journal.
fn expected(batch: u64, name: &str) -> BTreeMap<String, u64> {
    let mut counts = Counts::default();
    (1..=batch).for_each(|batch| change(batch, name, &mut counts));
    counts.counts
}

/// `late` is opened at every fourth batch only.
fn is_due(batch: u64, name: &str) -> bool {
    name == "counts" || batch.is_multiple_of(4)
}

fn change(batch: u64, name: &str, counts: &mut Counts) {
    if is_due(batch, name) {
        counts.set(&format!("word {}", batch % 7), batch);
        counts.set(&format!("gone {}", batch % 3), batch % 2);
        counts.set("every", batch * 10);
    }
}

/// What a run was told is durable.
#[derive(Debug, Default, Clone, Copy)]
struct Acknowledged {
    planned: u64,
    committed: u64,
}

struct Run {
    states: States,
    checkpointer: Checkpointer,
    next: u64,
}

impl Run {
    fn recover(storage: &MemoryStorage, mode: Mode) -> Result<Self> {
        let (recovered, opened) = open(Arc::new(storage.clone()))?;
        let mut checkpointer = opened.start(&job(), &recovered, mode)?;
        checkpointer.make_rounds_short();
        let states = States::new(["counts", "late"].into_iter());
        restore(&states, &recovered);
        let committed = recovered
            .committed
            .map_or(0, |time| time.as_millis() / 1_000);
        Ok(Self {
            states,
            checkpointer,
            next: committed + 1,
        })
    }

    fn batch(&mut self, acknowledged: &mut Acknowledged) -> Result<()> {
        let (batch, time) = (self.next, at(self.next));
        self.checkpointer
            .plan(time, &[("lines".to_owned(), vec![batch as u8])])?;
        self.checkpointer.wait_planned(time)?;
        acknowledged.planned = acknowledged.planned.max(batch);
        for (number, name) in ["counts", "late"].into_iter().enumerate() {
            if is_due(batch, name) {
                with_state(&self.states, number, |counts| change(batch, name, counts));
            }
        }
        let accumulators = vec![("dropped".to_owned(), vec![batch as u8; 3])];
        let positions = vec![("lines".to_owned(), vec![batch as u8])];
        self.checkpointer
            .commit(time, &self.states, accumulators, positions)?;
        self.next += 1;
        if let Some(durable) = self.checkpointer.durable()?.committed {
            acknowledged.committed = acknowledged.committed.max(durable.as_millis() / 1_000);
        }
        Ok(())
    }
}

fn restore(states: &States, recovered: &Recovered) {
    states.restore(|name| match recovered.states.get(name) {
        Some(state) => state.clone(),
        None => Recorded::default(),
    });
}

fn with_state(states: &States, number: usize, f: impl FnOnce(&mut Counts)) {
    let mut slot = states.open(number);
    f(slot.state(Site::here("test"), Counts::default).unwrap());
}

/// Runs batches from wherever the journal ends; what was acknowledged even if that fails.
fn run(storage: &MemoryStorage, mode: Mode, acknowledged: &mut Acknowledged) -> Result<()> {
    let mut run = Run::recover(storage, mode)?;
    while run.next <= BATCHES {
        run.batch(acknowledged)?;
    }
    drop(run.checkpointer.close()?);
    acknowledged.committed = BATCHES;
    Ok(())
}

/// Two runs: the second begins when the first is half through.
fn two_runs(storage: &MemoryStorage, acknowledged: &mut Acknowledged) -> Result<()> {
    let mut first = Run::recover(storage, Mode::Inline)?;
    while first.next <= BATCHES / 2 {
        first.batch(acknowledged)?;
    }
    drop(first);
    run(storage, Mode::Inline, acknowledged)
}

/// What is there is what there was after some batch, which is not before the last acknowledged one;
/// and a run that goes on from there comes to the right end.
fn check(storage: &MemoryStorage, acknowledged: Acknowledged) {
    let (recovered, _) = read(Arc::new(storage.clone())).unwrap();
    let committed = check_consistent(&recovered);
    assert!((acknowledged.committed..=acknowledged.committed + 1).contains(&committed));
    if acknowledged.planned > committed {
        let ends = &recovered.planned[&at(acknowledged.planned)];
        assert_eq!(ends["lines"], [acknowledged.planned as u8]);
    }
    run(storage, Mode::Inline, &mut Acknowledged::default()).unwrap();
    let (recovered, _) = read(Arc::new(storage.clone())).unwrap();
    assert_eq!(check_consistent(&recovered), BATCHES);
}

/// The batch after which all that was recovered is as it must be.
fn check_consistent(recovered: &Recovered) -> u64 {
    let Some(committed) = recovered.committed else {
        assert!(recovered.states.is_empty() && recovered.positions.is_empty());
        return 0;
    };
    let committed = committed.as_millis() / 1_000;
    assert_eq!(recovered.job, Some(job()));
    assert_eq!(recovered.positions["lines"], [committed as u8]);
    assert_eq!(recovered.accumulators["dropped"], [committed as u8; 3]);
    for name in ["counts", "late"] {
        let mut counts = Counts::default();
        let parts = recovered.states.get(name).map(|state| state.parts.clone());
        for part in parts.unwrap_or_default() {
            counts.apply(&part).unwrap();
        }
        assert_eq!(
            counts.counts,
            expected(committed, name),
            "{name} after batch {committed}"
        );
    }
    committed
}

fn journal() -> MemoryStorage {
    let storage = MemoryStorage::new();
    two_runs(&storage, &mut Acknowledged::default()).unwrap();
    storage
}

#[test]
fn a_journal_says_how_things_stand_after_every_batch() {
    let storage = MemoryStorage::new();
    let mut acknowledged = Acknowledged::default();
    let mut run = Run::recover(&storage, Mode::Inline).unwrap();
    for batch in 1..=BATCHES {
        run.batch(&mut acknowledged).unwrap();
        let (recovered, _) = read(Arc::new(storage.clone())).unwrap();
        assert_eq!(check_consistent(&recovered), batch);
    }
}

#[test]
fn old_segments_are_removed_when_a_round_is_complete() {
    let files = journal().list().unwrap();
    assert!(files.len() <= 3, "{files:?}");
    assert!(
        files
            .iter()
            .all(|file| !file.ends_with("-00000000000000000001"))
    );
}

#[test]
fn what_was_acknowledged_survives_a_loss_of_power_at_any_operation() {
    let operations = journal().operations();
    for operation in 0..operations {
        let storage = MemoryStorage::new();
        storage.power_off_at(operation);
        let mut acknowledged = Acknowledged::default();
        let _ = two_runs(&storage, &mut acknowledged);
        check(&storage.after(Crash::Lost), acknowledged);
        check(&storage.after(Crash::Kept), acknowledged);
        for bytes in (0..=storage.last_write()).step_by(17) {
            check(&storage.after(Crash::Torn(bytes)), acknowledged);
        }
        for seed in 0..10 {
            check(&storage.after(Crash::Chance(seed)), acknowledged);
        }
    }
}

/// Whether a loss of power after some batch loses it, when `skip` says which operations are left out.
fn is_found(mut skip: impl FnMut(Operation<'_>) -> bool + Send + 'static) -> bool {
    let storage = MemoryStorage::new();
    storage.intercept(move |_, operation| match skip(operation) {
        true => Verdict::Pretend,
        false => Verdict::Proceed,
    });
    let mut run = Run::recover(&storage, Mode::Inline).unwrap();
    (1..=BATCHES).any(|batch| {
        run.batch(&mut Acknowledged::default()).unwrap();
        let left = read(Arc::new(storage.after(Crash::Lost)));
        !left.is_ok_and(|(recovered, _)| recovered.committed == Some(at(batch)))
    })
}

#[test]
fn a_sync_that_was_left_out_is_found() {
    assert!(!is_found(|_| false));
    assert!(is_found(|operation| matches!(
        operation,
        Operation::Sync(_)
    )));
    assert!(is_found(|operation| operation == Operation::SyncDirectory));
    let mut syncs = 0;
    assert!(is_found(move |operation| {
        syncs += u64::from(matches!(operation, Operation::Sync(_)));
        syncs.is_multiple_of(5)
    }));
}

#[test]
fn a_turned_bit_or_a_missing_end_never_gives_a_wrong_state() {
    let storage = journal();
    for file in storage.list().unwrap() {
        let whole = storage.contents(&file).unwrap();
        let damaged = |bit: usize| {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            damaged
        };
        let turned = (0..whole.len() * 8)
            .step_by(3)
            .map(|bit| (damaged(bit), BATCHES));
        let cut = (0..whole.len())
            .step_by(7)
            .map(|len| (whole[..len].to_vec(), 1));
        for (bytes, at_least) in turned.chain(cut) {
            storage.set_contents(&file, Some(bytes));
            match read(Arc::new(storage.clone())) {
                Ok((recovered, _)) => assert!(check_consistent(&recovered) >= at_least),
                Err(error) => {
                    assert!(error.to_string().contains(&file), "{error}");
                    assert!(error.help().is_some());
                }
            }
        }
        storage.set_contents(&file, Some(whole));
    }
}

#[test]
fn a_thread_of_its_own_writes_the_same() {
    let storage = MemoryStorage::new();
    let mut acknowledged = Acknowledged::default();
    run(&storage, Mode::Background, &mut acknowledged).unwrap();
    assert_eq!(acknowledged.planned, BATCHES);
    check(&storage.after(Crash::Lost), acknowledged);
}

#[test]
fn what_fails_in_the_background_is_reported_once_with_its_cause() {
    let storage = MemoryStorage::new();
    let mut run = Run::recover(&storage, Mode::Background).unwrap();
    run.batch(&mut Acknowledged::default()).unwrap();
    run.checkpointer.wait_committed().unwrap();
    storage.set_capacity(Some(0));
    let error = run.batch(&mut Acknowledged::default()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("journal-") && text.contains("writing"),
        "{text}"
    );
    assert!(error.help().unwrap().contains("make room"), "{error:?}");
    let again = run.batch(&mut Acknowledged::default()).unwrap_err();
    assert!(again.to_string().contains("earlier write"), "{again}");
    drop(run);
    storage.set_capacity(None);
    let (recovered, _) = read(Arc::new(storage)).unwrap();
    assert_eq!(check_consistent(&recovered), 1);
}

#[test]
fn a_value_that_cannot_be_written_stops_the_job_with_a_reason() {
    let (recovered, opened) = open(Arc::new(MemoryStorage::default())).unwrap();
    let mut checkpointer = opened.start(&job(), &recovered, Mode::Background).unwrap();
    let states = States::new(["counts"].into_iter());
    with_state(&states, 0, |counts| counts.cannot_be_written = true);
    checkpointer
        .commit(at(1), &states, Vec::new(), Vec::new())
        .unwrap();
    let error = checkpointer.wait_committed().unwrap_err();
    assert!(error.to_string().contains("no bytes for this"), "{error}");
}

#[test]
fn a_rollback_brings_back_the_last_commit() {
    let storage = MemoryStorage::new();
    let mut run = Run::recover(&storage, Mode::Background).unwrap();
    for batch in 1..=BATCHES {
        with_state(&run.states, 0, |counts| counts.set("half done", batch));
        let recovered = run.checkpointer.roll_back().unwrap();
        assert_eq!(check_consistent(&recovered), batch - 1);
        restore(&run.states, &recovered);
        run.batch(&mut Acknowledged::default()).unwrap();
    }
    drop(run.checkpointer.close().unwrap());
    let (recovered, _) = read(Arc::new(storage)).unwrap();
    assert_eq!(check_consistent(&recovered), BATCHES);
}

#[test]
fn states_that_the_program_does_not_have_are_forgotten_and_replaced_ones_begin_anew() {
    let storage = journal();
    let (recovered, opened) = open(Arc::new(storage.clone())).unwrap();
    let without = Identity {
        states: vec!["counts".to_owned()],
        ..job()
    };
    let mut checkpointer = opened.start(&without, &recovered, Mode::Inline).unwrap();
    let (mut new, mut part) = (Counts::default(), Draft::default());
    new.set("new", 1);
    new.delta(&mut part);
    let part = part.into_bytes();
    let recorded = Recorded {
        shape: new.shape(),
        parts: vec![part.clone()],
    };
    checkpointer.replace("counts", &recorded).unwrap();
    drop(checkpointer);
    let (recovered, _) = read(Arc::new(storage)).unwrap();
    assert!(recovered.states.keys().eq(["counts"]));
    let counts = &recovered.states["counts"];
    assert_eq!((&counts.shape, &counts.parts), (&new.shape(), &vec![part]));
}

#[test]
fn a_state_of_another_shape_is_refused_with_both_shapes() {
    let states = States::new(["counts"].into_iter());
    states.restore(|_| Recorded {
        shape: StateShape::new("rows", shape_of::<String>(), shape_of::<(u64, bool)>()),
        parts: vec![vec![0]],
    });
    for _ in 0..2 {
        let mut slot = states.open(0);
        let refused = slot.state(Site::here("test"), Counts::default).map(drop);
        let text = refused.unwrap_err().to_string();
        assert!(text.contains("rows of String → (u64, bool), and"), "{text}");
        assert!(text.ends_with("has it as a rows of String → u64"), "{text}");
    }
}

#[test]
fn another_pipeline_is_refused_and_nothing_is_written() {
    let storage = journal();
    let kept = storage.after(Crash::Kept);
    let (recovered, opened) = open(Arc::new(kept.clone())).unwrap();
    opened.check_owner("word_count", &recovered).unwrap();
    let error = opened.check_owner("top_words", &recovered).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("`word_count`, and this is `top_words`"),
        "{text}"
    );
    assert_eq!(kept.list().unwrap(), storage.list().unwrap());
}

#[test]
fn random_records_never_panic() {
    let mut rng = fastrand::Rng::with_seed(1);
    let sample = codec_sample();
    for _ in 0..100_000 {
        let mut bytes = match rng.bool() {
            true => sample.clone(),
            false => (0..rng.usize(..40)).map(|_| rng.u8(..)).collect(),
        };
        for _ in 0..rng.usize(..4) {
            let Some(at) = rng.choice(0..bytes.len()) else {
                break;
            };
            bytes[at] = rng.u8(..);
        }
        let _ = super::codec::decode::<super::record::Record<'_>>(&bytes);
    }
}

/// No machine has the memory that these lengths ask for.
#[test]
fn lengths_are_not_believed() {
    let huge: &[u8] = &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    let sample = codec_sample();
    for at in 0..sample.len() {
        let bytes = [&sample[..at], huge, &sample[at..]].concat();
        let _ = super::codec::decode::<super::record::Record<'_>>(&bytes);
    }
    // A commit at time zero with so many states, and a plan with so many ends.
    for kind in [2, 1] {
        let bytes = [&[kind, 0], huge].concat();
        assert!(super::codec::decode::<super::record::Record<'_>>(&bytes).is_err());
    }
    assert!(StateShape::decode(huge).is_err());
}

fn codec_sample() -> Vec<u8> {
    use super::codec::Bytes;
    use super::record::{Commit, Record, StatePart};
    let shape = Counts::default().shape().encode();
    let part = StatePart {
        name: "counts",
        shape: Bytes(&shape),
        is_new: false,
        delta: Bytes(b"delta"),
        image: Bytes(b"image"),
    };
    super::codec::encode(&Record::Commit(Commit {
        time_us: 1_000_000,
        states: vec![part],
        accumulators: vec![("dropped", Bytes(b"1"))],
        positions: vec![("lines", Bytes(b"2"))],
    }))
}
