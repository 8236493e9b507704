//! What the tests of the inputs share.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::block::Rows;
use crate::clock::{Clock, ManualClock};
use crate::receiver::{
    Received, Receiver, ReceiverError, ReceiverStatus, Source, SourceContext, Store, receive,
};
use crate::time::BatchTime;

/// A context with batches of one second.
pub(super) fn context(clock: &ManualClock) -> SourceContext {
    SourceContext {
        input: "input".to_owned(),
        clock: Arc::new(clock.clone()),
        batch_interval: Duration::from_secs(1),
        zero_time: clock.now(),
        partitions: 2,
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
