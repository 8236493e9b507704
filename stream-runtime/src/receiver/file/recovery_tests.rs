//! Files after a crash.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::block::Text;
use crate::clock::{Clock, ManualClock};
use crate::receiver::Source;
use crate::receiver::harness::{check_recovery, context};
use crate::time::BatchTime;

use super::harness::{next, place, put};
use super::{Files, text_file, text_files};

#[test]
fn batches_of_files_come_again_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in [("a", "1\n2\n"), ("b", ""), ("c", "3\n"), ("d", "4")] {
        fs::write(dir.path().join(name), content).unwrap();
    }
    for bytes in 1..=9 {
        let make = || text_file(dir.path().join("*")).batch_bytes(bytes);
        check_recovery(make, 4);
    }
}

/// Writes some files, of which one has a line that is too long for [`limited`].
fn write(dir: &Path, has_long_line: bool) {
    let long: &[u8] = match has_long_line {
        true => b"1\na line that is too long\n\n",
        false => b"1\n\n2\n3\n",
    };
    let files: [(&str, &[u8]); 4] = [
        ("a", b"1\n22\n333\n4444\n55555\n"),
        ("b", long),
        ("c", b"\r\n\xff\n"),
        ("d", b"4\n5"),
    ];
    for (name, content) in files {
        fs::write(dir.join(name), content).unwrap();
    }
}

fn limited(dir: &Path, rate: u32) -> Files<Text> {
    let mut source = text_file(dir.join("*")).max_line(10);
    source.set_rate(Some(rate.into()));
    source
}

#[test]
fn limited_batches_of_files_come_again_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), false);
    for rate in 1..=9 {
        check_recovery(|| limited(dir.path(), rate), 14);
    }
}

/// Runs a source to its end, and has it give each batch again as it was planned: one that gives all
/// batches again, and one that comes back just before. Batches that were not planned may be others,
/// since who comes back does not know what the last one had too much.
fn check_replays(make: impl Fn() -> Files<Text>) {
    let context = context(&ManualClock::new());
    let (mut source, mut after) = (make(), make());
    source.start(&context).unwrap();
    let mut before = source.position();
    after.resume(&context, &before).unwrap();
    while !source.is_finished() {
        let blocks = source.batch(BatchTime::ZERO).unwrap();
        let end = source.position();
        assert_eq!(after.replay(BatchTime::ZERO, &end).unwrap(), blocks);
        let mut back = make();
        back.resume(&context, &before).unwrap();
        assert_eq!(back.replay(BatchTime::ZERO, &end).unwrap(), blocks);
        before = end;
    }
    assert!(after.is_finished());
}

#[test]
fn limited_batches_with_lines_that_are_too_long_come_again() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), true);
    for rate in 1..=9 {
        check_replays(|| limited(dir.path(), rate));
    }
}

/// A block is 1 MiB, so a batch here has a part of a block and the next one, or a part of that.
#[test]
fn limited_batches_of_several_blocks_come_again() {
    let dir = tempfile::tempdir().unwrap();
    let line = "x".repeat(9_999) + "\n";
    fs::write(dir.path().join("a"), line.repeat(500)).unwrap();
    fs::write(dir.path().join("b"), line.repeat(120)).unwrap();
    for rate in [60, 104, 150, 230] {
        check_replays(|| limited(dir.path(), rate).max_line(20_000));
    }
}

#[test]
fn limited_batches_of_a_directory_come_again_after_a_crash() {
    let (_, _place, directory) = place();
    for second in 0..4 {
        put(&directory, &format!("a{second}"), "1\n2\n3\n", second);
        put(&directory, &format!("b{second}"), "22\n\n", second);
    }
    for rate in [1, 2, 3, 4, 7] {
        let make = || {
            let mut source = text_files(&directory).new_files_only(false);
            source.set_rate(Some(f64::from(rate)));
            source
        };
        check_recovery(make, 12);
    }
}

#[test]
fn files_that_are_not_what_they_were_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, content: &str| fs::write(dir.path().join(name), content).unwrap();
    let context = context(&ManualClock::new());
    let source = || text_file(dir.path().join("*")).batch_bytes(1);
    put("b", "1\n");
    put("c", "2\n");
    let mut before = source();
    before.start(&context).unwrap();
    let start = before.position();
    before.batch(BatchTime::ZERO).unwrap();
    let end = before.position();

    put("c", "another\n"); // nothing of it was read
    let mut after = source();
    after.resume(&context, &start).unwrap();
    assert_eq!(after.replay(BatchTime::ZERO, &end).unwrap(), ["1\n".into()]);
    assert_eq!(after.batch(BatchTime::ZERO).unwrap(), ["another\n".into()]);

    put("b", "11\n");
    let mut after = source();
    after.resume(&context, &start).unwrap();
    let error = after.replay(BatchTime::ZERO, &end).unwrap_err().to_string();
    assert!(
        error.contains("/b`: it has 3 bytes and had 2 since"),
        "{error}"
    );
    put("a", "0\n");
    let error = source().resume(&context, &end).unwrap_err().to_string();
    assert!(
        error.contains("/b`, before which there were 0 files, and there are 1:"),
        "{error}"
    );
    fs::remove_file(dir.path().join("b")).unwrap();
    let error = source().resume(&context, &end).unwrap_err().to_string();
    assert!(
        error.contains("/b`, which is not there any more:"),
        "{error}"
    );
}

#[test]
fn batches_of_a_directory_come_again_after_a_crash() {
    let (_, _place, directory) = place();
    for second in 0..6 {
        put(&directory, &format!("a{second}"), "1\n", second);
        put(&directory, &format!("b{second}"), "22\n", second);
    }
    for bytes in [1, 3, 4, 100] {
        let make = || {
            text_files(&directory)
                .new_files_only(false)
                .batch_bytes(bytes)
        };
        check_recovery(make, 8);
    }
}

#[test]
fn files_that_came_while_the_job_was_away_are_found() {
    let (clock, _place, directory) = place();
    let mut before = text_files(&directory);
    before.start(&context(&clock)).unwrap();
    put(&directory, "a", "1\n", 101);
    assert_eq!(next(&mut before, &clock), "1\n");
    let position = before.position();
    clock.advance(Duration::from_secs(3_600));
    put(&directory, "b", "2\n", 102);
    let mut after = text_files(&directory);
    after.resume(&context(&clock), &position).unwrap();
    assert_eq!(
        next(&mut after, &clock),
        "2\n",
        "an hour's batches were skipped"
    );
    put(&directory, "c", "3\n", 103);
    assert_eq!(next(&mut after, &clock), "", "as old as that no file comes");
}

#[test]
fn a_batch_without_its_file_is_not_given_again() {
    let (clock, _place, directory) = place();
    let mut before = text_files(&directory);
    before.start(&context(&clock)).unwrap();
    let start = before.position();
    put(&directory, "a", "1\n", 101);
    next(&mut before, &clock);
    let end = before.position();
    fs::remove_file(directory.join("a")).unwrap();
    let mut after = text_files(&directory);
    after.resume(&context(&clock), &start).unwrap();
    let error = after.replay(clock.now(), &end).unwrap_err().to_string();
    assert!(
        error.contains("/a`: it was removed since a batch read it"),
        "{error}"
    );
}

#[test]
fn a_job_that_died_before_its_first_commit_began_when_it_first_began() {
    let (clock, _place, directory) = place();
    let first = context(&clock);
    put(&directory, "before", "0\n", 100);
    put(&directory, "after", "1\n", 101);
    clock.advance(Duration::from_secs(5));
    let mut source = text_files(&directory);
    source.start(&first).unwrap();
    assert_eq!(next(&mut source, &clock), "1\n");
}
