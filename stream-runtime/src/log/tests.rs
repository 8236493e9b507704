//! A log under every fault.

use std::io;
use std::sync::Arc;

use super::read::Contents;
use super::*;
use crate::error::Result;
use crate::storage::{Crash, LocalDirectory, MemoryStorage, Operation, Storage, Verdict};

fn shared(storage: &MemoryStorage) -> Arc<dyn Storage> {
    Arc::new(storage.clone())
}

/// The records of the log, and where it ends.
fn read_all(storage: &MemoryStorage) -> Result<(Vec<Vec<u8>>, Contents)> {
    let mut records = Vec::new();
    let contents = read(shared(storage), "log", |_, record| {
        records.push(record.to_vec());
        Ok(())
    })?;
    Ok((records, contents))
}

fn records(storage: &MemoryStorage) -> Result<Vec<Vec<u8>>> {
    Ok(read_all(storage)?.0)
}

fn open(storage: &MemoryStorage) -> Log {
    read_all(storage).unwrap().1.into_log().unwrap()
}

fn append(log: &mut Log, record: &[u8]) {
    log.append(|out| out.extend_from_slice(record)).unwrap();
}

/// Records of several lengths, some over several sectors, some with zeros in them.
fn record(number: usize) -> Vec<u8> {
    let len = [3, 480, 1, 1_300, 40][number % 5];
    let byte = |at: usize| ((at / 700) * (number + 1)) as u8;
    (0..len).map(byte).chain([number as u8]).collect()
}

fn expected(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(record).collect()
}

/// Appends five records, each synced, in two runs and three segments.
fn run(storage: &MemoryStorage, synced: &mut usize) -> Result<()> {
    for run in [0..2, 2..5] {
        let mut log = read_all(storage)?.1.into_log()?;
        for number in run {
            log.append(|out| out.extend_from_slice(&record(number)))?;
            log.sync()?;
            *synced = number + 1;
            if number == 3 {
                log.roll(1)?;
            }
        }
    }
    Ok(())
}

fn five_records() -> MemoryStorage {
    let storage = MemoryStorage::new();
    run(&storage, &mut 0).unwrap();
    assert_eq!(storage.list().unwrap().len(), 3);
    storage
}

/// After a crash there are all records that were synced, at most one more, and in order; and the
/// log goes on.
fn check_left(left: &MemoryStorage, synced: usize) {
    let found = records(left).unwrap();
    assert!(found == expected(synced) || found == expected(synced + 1));
    let mut log = open(left);
    append(&mut log, b"more");
    log.sync().unwrap();
    let after = records(&left.after(Crash::Lost)).unwrap();
    assert_eq!(after[..found.len()], found);
    assert_eq!(after[found.len()..], [b"more".to_vec()]);
}

#[test]
fn records_come_back_over_runs_and_segments() {
    let storage = five_records();
    assert_eq!(records(&storage).unwrap(), expected(5));
    check_left(&storage.after(Crash::Lost), 5);
}

#[test]
fn what_was_synced_survives_a_loss_of_power_at_any_operation() {
    let operations = five_records().operations();
    for operation in 0..operations {
        let storage = MemoryStorage::new();
        storage.power_off_at(operation);
        let mut synced = 0;
        // It fails, but for an operation that nobody depends on.
        let _ = run(&storage, &mut synced);
        check_left(&storage.after(Crash::Lost), synced);
        check_left(&storage.after(Crash::Kept), synced);
        for bytes in 0..=storage.last_write() {
            check_left(&storage.after(Crash::Torn(bytes)), synced);
        }
        for seed in 0..50 {
            check_left(&storage.after(Crash::Chance(seed)), synced);
        }
    }
}

/// A process that ends leaves what it wrote to the system, which may lose its power after the next
/// process has read it.
#[test]
fn what_was_read_is_not_lost_later() {
    let operations = five_records().operations();
    for operation in 0..operations {
        let storage = MemoryStorage::new();
        storage.intercept(move |at, _| match at < operation {
            true => Verdict::Proceed,
            false => Verdict::Fail(io::Error::other("killed")),
        });
        let _ = run(&storage, &mut 0);
        storage.intercept(|_, _| Verdict::Proceed);
        let (found, contents) = read_all(&storage).unwrap();
        contents.into_log().unwrap();
        for seed in 0..10 {
            let left = storage.after(Crash::Chance(seed));
            assert_eq!(records(&left).unwrap(), found);
        }
    }
}

#[test]
fn the_harness_finds_a_sync_that_was_left_out() {
    for (skipped, expected) in [("file", false), ("directory", false), ("none", true)] {
        let storage = MemoryStorage::new();
        storage.intercept(move |_, operation| match (operation, skipped) {
            (Operation::Sync(_), "file") | (Operation::SyncDirectory, "directory") => {
                Verdict::Pretend
            }
            _ => Verdict::Proceed,
        });
        run(&storage, &mut 0).unwrap();
        let survived = records(&storage.after(Crash::Lost)).is_ok_and(|found| found.len() == 5);
        assert_eq!(survived, expected, "{skipped}");
    }
}

#[test]
fn a_turned_bit_is_an_error_or_changes_nothing() {
    let storage = five_records();
    for file in storage.list().unwrap() {
        let whole = storage.contents(&file).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            storage.set_contents(&file, Some(damaged));
            match records(&storage) {
                Ok(found) => assert_eq!(found, expected(5), "{file}, bit {bit}"),
                Err(error) => assert!(error.to_string().contains(&file), "{error}"),
            }
        }
        storage.set_contents(&file, Some(whole));
    }
}

#[test]
fn a_file_that_is_cut_off_is_an_error_unless_it_is_the_last() {
    let storage = five_records();
    let files = storage.list().unwrap();
    for file in &files {
        let whole = storage.contents(file).unwrap();
        for len in 0..whole.len() {
            storage.set_contents(file, Some(whole[..len].to_vec()));
            match records(&storage) {
                Ok(found) => {
                    assert_eq!(Some(file), files.last());
                    assert!(found == expected(4) || found == expected(5));
                }
                Err(error) => assert!(error.to_string().contains(file), "{error}"),
            }
        }
        storage.set_contents(file, Some(whole));
    }
}

#[test]
fn a_sector_that_was_overwritten_by_zeros_is_an_error_unless_it_is_the_last_frame() {
    let storage = MemoryStorage::new();
    let mut log = open(&storage);
    for number in 0..5 {
        append(&mut log, &record(number));
        log.sync().unwrap();
    }
    let file = storage.list().unwrap().remove(0);
    let whole = storage.contents(&file).unwrap();
    let sectors = whole.len() / 512;
    for sector in 0..sectors {
        let mut damaged = whole.clone();
        damaged[sector * 512..(sector + 1) * 512].fill(0);
        let same = damaged == whole;
        storage.set_contents(&file, Some(damaged));
        match records(&storage) {
            Ok(found) if same => assert_eq!(found, expected(5)),
            Ok(found) => assert!(found == expected(4) && sector == sectors - 1),
            Err(_) => {}
        }
    }
}

#[test]
fn a_segment_that_is_missing_is_an_error_and_one_too_many_is_left_alone() {
    let storage = five_records();
    let files = storage.list().unwrap();
    for file in &files[..2] {
        let left = storage.after(Crash::Kept);
        left.set_contents(file, None);
        let error = records(&left).unwrap_err().to_string();
        assert!(
            error.contains(file) && error.ends_with("it is missing"),
            "{error}"
        );
    }
    let old = storage.contents(&files[0]);
    let mut log = open(&storage);
    log.roll(3).unwrap();
    append(&mut log, &record(5));
    log.sync().unwrap();
    assert_eq!(storage.list().unwrap().len(), 2);
    storage.set_contents(&files[0], old);
    assert_eq!(records(&storage).unwrap(), [record(4), record(5)]);
}

#[test]
fn a_newer_version_and_a_foreign_file_are_refused_by_name() {
    let storage = five_records();
    let file = storage.list().unwrap().remove(1);
    let whole = storage.contents(&file).unwrap();
    for (byte, value, expected) in [
        (8, 2, "of version 2"),
        (0, b'X', "not a file of a checkpoint"),
    ] {
        let mut other = whole.clone();
        other[byte] = value;
        storage.set_contents(&file, Some(other));
        let error = records(&storage).unwrap_err();
        assert!(error.to_string().contains(&file));
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.help().is_some());
    }
}

#[test]
fn after_a_failed_write_nothing_more_is_written() {
    let storage = MemoryStorage::new();
    let mut log = open(&storage);
    append(&mut log, b"first");
    log.sync().unwrap();
    storage.set_capacity(Some(1_100));
    append(&mut log, b"second");
    let error = log.sync().unwrap_err();
    assert!(error.to_string().contains("writing: "), "{error}");
    assert!(error.help().unwrap().contains("make room"), "{error:?}");
    storage.set_capacity(None);
    assert!(
        log.sync()
            .unwrap_err()
            .to_string()
            .contains("earlier write")
    );
    let (found, contents) = read_all(&storage).unwrap();
    assert_eq!(found, [b"first"]);
    let tail = contents.tail.as_ref().unwrap();
    assert_eq!((tail.offset, tail.bytes), (1_024, 76));
}

#[test]
fn a_log_on_disk_is_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let storage: Arc<dyn Storage> = Arc::new(LocalDirectory::create(directory.path()).unwrap());
    for run in 0..3u8 {
        let mut count = 0;
        let contents = read(Arc::clone(&storage), "log", |_, record| {
            assert_eq!(record, [count]);
            count += 1;
            Ok(())
        });
        let mut log = contents.unwrap().into_log().unwrap();
        append(&mut log, &[run]);
        log.sync().unwrap();
        assert_eq!(count, run);
    }
}

/// Whatever a file holds, reading it ends, and with no more memory than it is long.
#[test]
fn random_files_never_panic() {
    let whole = five_records();
    let files = whole.list().unwrap();
    let mut rng = fastrand::Rng::with_seed(1);
    for _ in 0..20_000 {
        let storage = whole.after(Crash::Kept);
        let file = rng.choice(&files).unwrap();
        let mut bytes = whole.contents(file).unwrap();
        for _ in 0..rng.usize(1..8) {
            let at = rng.usize(..bytes.len());
            bytes[at] = rng.u8(..);
        }
        bytes.truncate(rng.usize(..=bytes.len()));
        storage.set_contents(file, Some(bytes));
        let _ = records(&storage);
    }
}

/// A head that is whole but promises more than there is costs nothing: had its length been believed,
/// four gigabytes would have been read into memory.
#[test]
fn a_length_is_not_believed() {
    let storage = MemoryStorage::new();
    let mut log = open(&storage);
    append(&mut log, b"first");
    log.sync().unwrap();
    let file = storage.list().unwrap().remove(0);
    let mut bytes = storage.contents(&file).unwrap();
    let head = super::format::Head {
        len: u32::MAX,
        frame: 2,
        zeros: 0,
        crc: 0,
    };
    bytes.extend_from_slice(&head.encode(1));
    bytes.resize(bytes.len().next_multiple_of(512), 7);
    storage.set_contents(&file, Some(bytes));
    let (found, contents) = read_all(&storage).unwrap();
    assert_eq!(found, [b"first"]);
    assert_eq!(contents.tail.unwrap().offset, 1_024);
}
