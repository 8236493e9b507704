//! What the tests of the inputs share.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::block::Rows;
use crate::clock::{Clock, ManualClock};
use crate::listener::Listeners;
use crate::receiver::{
    Received, Receiver, ReceiverError, ReceiverStatus, Source, SourceContext, Store, receive,
};
use crate::time::{BatchEnds, BatchTime};

/// A context with batches of one second.
pub(super) fn context(clock: &ManualClock) -> SourceContext {
    SourceContext {
        input: "input".to_owned(),
        clock: Arc::new(clock.clone()),
        batch_interval: Duration::from_secs(1),
        zero_time: clock.now(),
        partitions: 2,
        storage: None,
        listeners: Listeners::default(),
        batch_ends: BatchEnds::default(),
    }
}

/// Waits for what another thread is about to do.
pub(super) fn eventually(what: &str, done: impl FnMut() -> bool) {
    let mut left = std::iter::repeat_n((), 10_000);
    let mut done = done;
    while !done() {
        left.next().unwrap_or_else(|| panic!("never: {what}"));
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Moves the clock to the next batch and takes it.
pub(super) fn next_batch<S: Source>(source: &mut S, clock: &ManualClock) -> Vec<S::Block> {
    clock.advance(Duration::from_secs(1));
    source.batch(last_batch(clock)).unwrap()
}

/// The batch that ended last.
pub(super) fn last_batch(clock: &ManualClock) -> BatchTime {
    clock.now().floor(Duration::from_secs(1))
}

/// Runs a source for some batches; then, for each pair of batches, a source that was committed up to
/// the first and crashed when the input was fixed up to the second. It must give the same again.
pub(super) fn check_recovery<S>(make: impl Fn() -> S, batches: u64)
where
    S: Source<Block: PartialEq + Debug>,
{
    let context = context(&ManualClock::new());
    let time = |batch: u64| BatchTime::from_millis(1_000 * (batch + 1));
    let mut source = make();
    source.start(&context).unwrap();
    let mut expected = vec![(Vec::new(), source.position(), false)];
    for batch in 0..batches {
        let blocks = source.batch(time(batch)).unwrap();
        expected.push((blocks, source.position(), source.is_finished()));
    }
    for committed in 0..expected.len() {
        for planned in committed..expected.len() {
            let mut source = make();
            source.resume(&context, &expected[committed].1).unwrap();
            for (batch, (blocks, position, finished)) in
                expected.iter().enumerate().skip(committed + 1)
            {
                let time = time(batch as u64 - 1);
                let again = match batch <= planned {
                    true => source.replay(time, position).unwrap(),
                    false => source.batch(time).unwrap(),
                };
                let place = format!("batch {batch}, committed {committed}, planned {planned}");
                assert_eq!(&again, blocks, "{place}");
                assert_eq!(&source.position(), position, "{place}");
                assert_eq!(source.is_finished(), *finished, "{place}");
            }
        }
    }
}

/// The records of some blocks.
pub(super) fn records<T>(blocks: Vec<Rows<T>>) -> Vec<T> {
    blocks.into_iter().flat_map(|rows| rows.0).collect()
}

/// A receiver made of a closure.
pub(super) struct Script<F> {
    pub(super) run: F,
    pub(super) committed: Arc<Mutex<Vec<u32>>>,
}

impl<F> Receiver for Script<F>
where
    F: FnMut(&Store<Rows<u64>, u32>) -> Result<(), ReceiverError> + Send + 'static,
{
    type Block = Rows<u64>;
    type Position = u32;

    fn run(&mut self, store: &Store<Rows<u64>, u32>) -> Result<(), ReceiverError> {
        (self.run)(store)
    }

    fn committed(&mut self, position: u32) -> Result<(), ReceiverError> {
        self.committed.lock().unwrap().push(position);
        Ok(())
    }
}

pub(super) fn script<F>(run: F) -> Received<Script<F>>
where
    F: FnMut(&Store<Rows<u64>, u32>) -> Result<(), ReceiverError> + Send + 'static,
{
    receive(Script {
        run,
        committed: Arc::default(),
    })
}

pub(super) fn status<R: Receiver>(source: &Received<R>) -> ReceiverStatus {
    source.status().unwrap()
}
