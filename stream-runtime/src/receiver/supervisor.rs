//! Runs a receiver on its thread, again and again until it is done.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::receiver::custom::Receiver;
use crate::receiver::failure::{ReceiverError, Restart};
use crate::receiver::status::ReceiverPhase;
use crate::receiver::store::Store;
use crate::site::panic_message;

/// How long to wait before a receiver is run again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Delays {
    pub(super) first: Duration,
    pub(super) longest: Duration,
}

/// A receiver with the thread's work around it.
pub(super) struct Supervisor<R: Receiver> {
    receiver: R,
    store: Store<R::Block, R::Position>,
    delays: Delays,
    next_delay: Duration,
    /// How many blocks were stored when it failed the last time.
    blocks_before: u64,
}

impl<R: Receiver> Supervisor<R> {
    pub(super) fn new(receiver: R, store: Store<R::Block, R::Position>, delays: Delays) -> Self {
        Self {
            receiver,
            store,
            delays,
            next_delay: delays.first,
            blocks_before: 0,
        }
    }

    /// Returns when the receiver is done and its last batch is committed.
    pub(super) fn run(mut self) {
        let store = self.store.clone();
        while let Err(error) = self.attempt() {
            let Some(delay) = self.delay(&error) else {
                break;
            };
            self.pause(&error, delay);
            if store.is_stopped() {
                break;
            }
        }
        store.inbox.close();
        while let Some(positions) = store.inbox.wait_done() {
            self.acknowledge(positions);
        }
        drop(self); // whoever waits for the thread finds the receiver gone
        store.inbox.leave();
    }

    /// Runs the receiver once. `Ok`: it has nothing more to do.
    fn attempt(&mut self) -> Result<(), ReceiverError> {
        let (receiver, store) = (&mut self.receiver, &self.store);
        store.inbox.enter(ReceiverPhase::Receiving);
        // The receiver is run again on the same value, as after an error.
        match catch_unwind(AssertUnwindSafe(|| receiver.run(store))) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if store.is_stopped() => {
                tracing::debug!(input = %store.input, %error, "the receiver ended when it was stopped");
                Ok(())
            }
            Ok(Err(error)) => Err(error),
            Err(payload) => Err(panicked(&*payload)),
        }
    }

    /// For how long to wait before the next attempt; `None` when there is to be none.
    fn delay(&mut self, error: &ReceiverError) -> Option<Duration> {
        match error.restart() {
            Restart::Never => {
                self.store.inbox.report(error.to_string());
                self.store.inbox.fail(error);
                None
            }
            Restart::After(delay) => Some(delay),
            Restart::Usual => {
                let blocks = self.store.inbox.status().blocks;
                if blocks != std::mem::replace(&mut self.blocks_before, blocks) {
                    self.next_delay = self.delays.first;
                }
                let doubled = self.next_delay.saturating_mul(2).min(self.delays.longest);
                Some(std::mem::replace(&mut self.next_delay, doubled))
            }
        }
    }

    /// Writes the error down and waits. A peer that is away for hours gives one warning, not one a
    /// second.
    fn pause(&mut self, error: &ReceiverError, delay: Duration) {
        let store = &self.store;
        let input = &store.input;
        let message = error.to_string();
        let last = store.inbox.status().last_error;
        if last.is_some_and(|last| last.message == message) {
            tracing::debug!(%input, error = %message, "the receiver failed again and restarts in {delay:?}");
        } else {
            tracing::warn!(%input, error = %message, "the receiver failed and restarts in {delay:?}");
        }
        store.inbox.report(message);
        store.inbox.enter(ReceiverPhase::Restarting);
        store.wait_until(store.now() + delay);
        let positions = store.committed();
        self.acknowledge(positions);
    }

    fn acknowledge(&mut self, positions: Vec<R::Position>) {
        for position in positions {
            let receiver = &mut self.receiver;
            let result = catch_unwind(AssertUnwindSafe(|| receiver.committed(position)));
            if let Err(error) = result.unwrap_or_else(|payload| Err(panicked(&*payload))) {
                self.store.report_error(error);
            }
        }
    }
}

fn panicked(payload: &(dyn std::any::Any + Send)) -> ReceiverError {
    ReceiverError::new(format!("the receiver panicked: {}", panic_message(payload)))
}
