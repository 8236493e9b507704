//! Positions and log entries that are damaged: each is an error or does no harm.

use std::fs;
use std::sync::Arc;

use fastrand::Rng;

use crate::block::{Rows, Text};
use crate::clock::ManualClock;
use crate::receiver::codec::Codec;
use crate::receiver::harness::context;
use crate::receiver::{Source, SourceContext, channel, generator, queue, text_file, text_files};
use crate::storage::MemoryStorage;
use crate::time::BatchTime;

/// How many damaged positions an input is given; fewer where each reads files.
const INPUTS: usize = 1_000;
const INPUTS_WITH_FILES: usize = 200;

/// Changes some bytes, cuts some off, or puts some in.
fn damage(rng: &mut Rng, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..rng.usize(1..4) {
        let at = rng.usize(..=bytes.len());
        match rng.u8(..4) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, rng.u8(..)),
            2 => bytes.splice(at..at, [0xff; 9]).for_each(drop),
            _ if at < bytes.len() => bytes[at] ^= 1 << rng.u8(..8),
            _ => bytes.push(rng.u8(..)),
        }
    }
    bytes
}

/// Comes back at damaged positions, and gives batches up to damaged ones.
fn check<S: Source>(context: &SourceContext, inputs: usize, make: impl Fn() -> S) {
    let time = |second: u64| BatchTime::from_millis(1_000 * second);
    let mut source = make();
    source.start(context).unwrap();
    let mut positions = vec![source.position()];
    for second in 1..4 {
        source.batch(time(second)).unwrap();
        positions.push(source.position());
    }
    let mut rng = Rng::with_seed(7);
    let mut refused = 0;
    for _ in 0..inputs {
        let mut some = || {
            let position = rng.choice(&positions).unwrap().clone();
            if rng.bool() {
                damage(&mut rng, &position)
            } else {
                position
            }
        };
        let (from, to) = (some(), some());
        let mut source = make();
        let again = source.resume(context, &from);
        let again = again.and_then(|()| source.replay(time(2), &to));
        refused += usize::from(again.is_err());
        if again.is_ok() {
            let _ = source.batch(time(9));
        }
    }
    assert!(refused > inputs / 3, "{refused} of {inputs} were refused");
}

#[test]
fn damaged_positions_do_no_harm() {
    let context = context(&ManualClock::new());
    check(&context, INPUTS, || {
        queue([[1, 2], [3, 4], [5, 6], [7, 8]]).with_default([9])
    });
    check(&context, INPUTS, || generator(1, |_, number| number));
    let directory = tempfile::tempdir().unwrap();
    for file in ["a", "b", "c"] {
        fs::write(directory.path().join(file), "1\n2\n3\n").unwrap();
    }
    check(&context, INPUTS_WITH_FILES, || {
        text_file(directory.path().join("*")).batch_bytes(1)
    });
    check(&context, INPUTS_WITH_FILES, || {
        text_files(directory.path()).new_files_only(false)
    });
}

#[test]
fn damaged_positions_of_a_log_do_no_harm() {
    let storage = MemoryStorage::new();
    let mut context = context(&ManualClock::new());
    context.storage = Some(Arc::new(storage));
    let (sender, source) = channel(10);
    let mut source = source.logged();
    (0..4_u64).for_each(|number| sender.send(number).unwrap());
    source.start(&context).unwrap();
    sender.flush().unwrap();
    drop(source);
    check(&context, INPUTS, || channel::<u64>(10).1.logged());
}

#[test]
fn damaged_blocks_do_no_harm() {
    let mut rng = Rng::with_seed(7);
    let rows = Codec::<Rows<(u64, String)>, u64>::new();
    let text = Codec::<Text, Vec<u8>>::new();
    let entry = super::codec::Entry {
        number: 3,
        position: Some(&4),
        block: &Rows(vec![(1, "one".to_owned()), (2, "two".to_owned())]),
    };
    let bytes = rows.write(&entry).unwrap();
    for _ in 0..INPUTS {
        let damaged = damage(&mut rng, &bytes);
        let _ = rows.read(&damaged);
        let _ = text.read(&damaged);
        let _ = rows.read_position(&damaged);
    }
}
