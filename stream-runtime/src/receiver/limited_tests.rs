//! Inputs whose rate is limited.

use std::sync::mpsc::TrySendError;
use std::thread;
use std::time::Duration;

use crate::block::{Rows, Text};
use crate::clock::ManualClock;
use crate::receiver::harness::{
    context, eventually, last_batch, next_batch, records, script, status,
};
use crate::receiver::{
    Channel, Received, Receiver, ReceiverError, ReceiverPhase, Source, Store, channel, receive,
};

const TICK: Duration = Duration::from_millis(100);

fn in_flight(source: &impl Source) -> usize {
    source.status().unwrap().in_flight
}

/// Moves the clock on to the next batch, a tenth of a second at a time, and takes it. By the end of
/// each tick as much more must have come in as `per_tick` says.
fn batch<S: Source>(source: &mut S, clock: &ManualClock, per_tick: usize) -> Vec<S::Block> {
    let mut expected = in_flight(source);
    for _ in 0..10 {
        clock.advance(TICK);
        expected += per_tick;
        eventually("it comes", || in_flight(source) == expected);
    }
    let blocks = source.batch(last_batch(clock)).unwrap();
    source.committed(last_batch(clock));
    assert_eq!(in_flight(source), 0, "no more came in than it may");
    blocks
}

/// A channel that has begun, and a thread that sends numbers into it for as long as it may.
fn sending(
    clock: &ManualClock,
    set: impl FnOnce(Channel<u64>) -> Channel<u64>,
) -> (Channel<u64>, thread::JoinHandle<()>) {
    let (sender, source) = channel(1_000);
    let mut source = set(source);
    source.start(&context(clock)).unwrap();
    let numbers = move || while (0..).try_for_each(|n| sender.send(n)).is_ok() {};
    let sending = thread::spawn(numbers);
    (source, sending)
}

#[test]
fn a_sender_waits_for_the_clock_and_nothing_is_dropped() {
    let clock = ManualClock::new();
    let (mut source, sending) = sending(&clock, |source| source.max_rate(20.0));
    eventually("the first one comes", || in_flight(&source) == 1);
    let mut numbers = Vec::new();
    for _ in 0..3 {
        numbers.extend(records(batch(&mut source, &clock, 2)));
    }
    source.set_rate(Some(10.0));
    numbers.extend(records(batch(&mut source, &clock, 1)));
    source.set_rate(Some(30.0)); // more than the user allows
    numbers.extend(records(batch(&mut source, &clock, 2)));
    assert!(numbers.into_iter().eq(0..91));
    source.stop();
    sending.join().unwrap();
}

#[test]
fn who_waits_for_the_clock_is_woken_by_another_limit_and_by_the_end() {
    let wait = |rate: f64| {
        let clock = ManualClock::new();
        let (mut source, sending) = sending(&clock, |source| source);
        eventually("it is full", || in_flight(&source) == 1_000);
        source.set_rate(Some(rate));
        clock.advance(Duration::from_secs(1));
        source.batch(last_batch(&clock)).unwrap();
        source.committed(last_batch(&clock)); // there is room, and a limit
        (clock, source, sending)
    };
    for rate in [0.0, 1e-9] {
        let (_, mut source, _sending) = wait(rate);
        source.set_rate(None);
        eventually("it is full again", || in_flight(&source) == 1_000);

        let (_, mut source, sending) = wait(rate);
        source.stop();
        sending.join().unwrap();

        let (_, source, sending) = wait(rate);
        drop(source);
        sending.join().unwrap();
    }
}

#[test]
fn who_does_not_wait_finds_it_full() {
    let clock = ManualClock::new();
    let (sender, source) = channel(10);
    let mut source = source.max_rate(1.0);
    (0..3).for_each(|n| sender.send(n).unwrap()); // without a clock there is no limit
    source.start(&context(&clock)).unwrap();
    sender.try_send(3).unwrap();
    assert_eq!(sender.try_send(4), Err(TrySendError::Full(4)));
    clock.advance(Duration::from_secs(1));
    sender.try_send(4).unwrap();
    assert_eq!(records(next_batch(&mut source, &clock)), [0, 1, 2, 3, 4]);
}

#[test]
fn many_records_come_a_few_at_a_time_and_at_once_after_a_stop() {
    let clock = ManualClock::new();
    let mut source = script(|store| Ok(store.push_many(0..100)?)).max_rate(50.0);
    source.start(&context(&clock)).unwrap();
    let size = size_of::<u64>();
    eventually("the first ones come", || in_flight(&source) == 5 * size);
    clock.advance(Duration::from_millis(80));
    assert_eq!(
        in_flight(&source),
        5 * size,
        "what came at once is paid first"
    );
    clock.advance(Duration::from_millis(20));
    eventually("the next ones come", || in_flight(&source) == 10 * size);
    source.stop();
    // What is stored after the clock was moved on is in the second one.
    let mut numbers = records(next_batch(&mut source, &clock));
    numbers.extend(records(next_batch(&mut source, &clock)));
    assert!(numbers.into_iter().eq(0..100));
    assert!(source.is_finished());
}

#[test]
fn a_whole_block_comes_in_as_one_and_what_follows_waits() {
    let clock = ManualClock::new();
    let mut source = script(|store| {
        store.push_block(Rows((0..30).collect()))?;
        Ok(store.push(30)?)
    });
    source.set_rate(Some(10.0)); // before the start
    source.start(&context(&clock)).unwrap();
    eventually("the block comes", || status(&source).blocks == 1);
    assert_eq!(records(next_batch(&mut source, &clock)).len(), 30);
    for _ in 0..19 {
        clock.advance(TICK);
    }
    assert_eq!(status(&source).phase, ReceiverPhase::Receiving);
    clock.advance(TICK);
    eventually("it is paid", || {
        status(&source).phase == ReceiverPhase::Ended
    });
    assert_eq!(records(next_batch(&mut source, &clock)), [30]);
}

struct Lines;

impl Receiver for Lines {
    type Block = Text;
    type Position = ();

    /// Five lines, one, and two.
    fn run(&mut self, store: &Store<Text>) -> Result<(), ReceiverError> {
        store.push_text("1\n2\n3\n4\n5".into())?;
        store.push_line("6")?;
        Ok(store.push_text("7\n8\n".into())?)
    }
}

#[test]
fn lines_are_counted_not_guessed() {
    let clock = ManualClock::new();
    let mut source: Received<Lines> = receive(Lines).max_rate(10.0);
    source.start(&context(&clock)).unwrap();
    eventually("five lines come", || in_flight(&source) == 9);
    for (ticks, bytes) in [(5, 11), (1, 15)] {
        clock.advance(TICK * (ticks - 1));
        assert!(in_flight(&source) < bytes);
        clock.advance(TICK);
        eventually("the next ones come", || in_flight(&source) == bytes);
    }
}

#[test]
fn a_limit_that_lets_nothing_in_is_an_error_at_the_start() {
    let clock = ManualClock::new();
    for rate in [0.0, -5.0, f64::NAN] {
        let started = channel::<u64>(1).1.max_rate(rate).start(&context(&clock));
        let error = started.unwrap_err().to_string();
        let expected = format!("input `input` cannot have at most {rate} records a second: ");
        assert!(error.starts_with(&expected), "{error}");
        let mut source = script(|_| Ok(())).max_rate(rate);
        assert!(source.start(&context(&clock)).is_err());
    }
}
