//! Runs a receiver on its thread, again and again until it is done.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::metrics::ReceiverPhase;
use crate::receiver::custom::Receiver;
use crate::receiver::failure::{ReceiverError, Restart};
use crate::receiver::inbox::Fatal;
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
    /// Where an earlier run of the job has ended, if it is not told yet.
    resumed: Option<R::Position>,
}

impl<R: Receiver> Supervisor<R> {
    pub(super) fn new(
        receiver: R,
        store: Store<R::Block, R::Position>,
        delays: Delays,
        resumed: Option<R::Position>,
    ) -> Self {
        Self {
            receiver,
            store,
            delays,
            next_delay: delays.first,
            blocks_before: 0,
            resumed,
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
        store.tell(|listener, receiver| listener.on_receiver_stopped(receiver));
        while let Some(positions) = store.inbox.wait_done() {
            self.acknowledge(positions);
        }
        drop(self); // whoever waits for the thread finds the receiver gone
        store.inbox.leave();
    }

    /// Runs the receiver once. `Ok`: it has nothing more to do.
    fn attempt(&mut self) -> Result<(), ReceiverError> {
        let (receiver, store) = (&mut self.receiver, &self.store);
        let resumed = self.resumed.take();
        store.inbox.enter(ReceiverPhase::Receiving);
        store.tell(|listener, receiver| listener.on_receiver_started(receiver));
        let run = || {
            if let Some(position) = resumed {
                receiver.resume(position)?;
            }
            receiver.run(store)
        };
        // The receiver is run again on the same value, as after an error.
        match catch_unwind(AssertUnwindSafe(run)) {
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
                self.store.report(error.to_string());
                self.store.inbox.fail(Fatal::Receiver(error.to_string()));
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
        store.inbox.enter(ReceiverPhase::Restarting);
        store.report(message);
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::block::Rows;
    use crate::clock::ManualClock;
    use crate::receiver::Source;
    use crate::receiver::harness::{context, eventually, next_batch, records, script, status};
    use crate::time::BatchTime;

    #[test]
    fn a_failed_receiver_restarts_on_the_jobs_clock_with_doubling_delays() {
        let clock = ManualClock::new();
        let (ran, runs) = mpsc::channel();
        let mut source = script(move |store| {
            ran.send(store.now().as_millis()).unwrap();
            Err(ReceiverError::new("away"))
        });
        source.start(&context(&clock)).unwrap();
        assert_eq!(runs.recv().unwrap(), 0);
        for (restarts, delay, at) in [(0, 2, 2_000), (1, 4, 6_000), (2, 8, 14_000)] {
            eventually("it waits", || {
                status(&source).phase == ReceiverPhase::Restarting
            });
            assert_eq!(
                (status(&source).restarts, status(&source).errors),
                (restarts, restarts + 1)
            );
            clock.advance(Duration::from_secs(delay));
            assert_eq!(runs.recv().unwrap(), at);
        }
        assert_eq!(status(&source).last_error.unwrap().message, "away");
        assert!(!source.is_finished());
    }

    #[test]
    fn a_delay_may_be_asked_for_and_records_reset_it() {
        let clock = ManualClock::new();
        let (ran, runs) = mpsc::channel();
        let mut times = 0;
        let mut source = script(move |store| {
            times += 1;
            ran.send(store.now().as_millis()).unwrap();
            match times {
                1 => Err(ReceiverError::new("asks").restart_after(Duration::from_millis(7))),
                2 => Err(ReceiverError::new("first delay")),
                3 => {
                    store.push_block(Rows(vec![1]))?;
                    Err(ReceiverError::new("first delay again"))
                }
                _ => Ok(()),
            }
        });
        source.start(&context(&clock)).unwrap();
        let mut starts = vec![runs.recv().unwrap()];
        for delay in [7, 2_000, 2_000] {
            eventually("it waits", || {
                status(&source).phase == ReceiverPhase::Restarting
            });
            clock.advance(Duration::from_millis(delay));
            starts.push(runs.recv().unwrap());
        }
        assert_eq!(starts, [0, 7, 2_007, 4_007]);
    }

    #[test]
    fn a_panic_is_an_error_and_a_restart() {
        let clock = ManualClock::new();
        let mut times = 0;
        let mut source = script(move |store| {
            times += 1;
            if times == 1 {
                store.push(1)?;
                panic!("record {times} is odd");
            }
            Ok(store.push(2)?)
        })
        .restart_delay(Duration::ZERO, Duration::ZERO);
        source.start(&context(&clock)).unwrap();
        eventually("it ends", || status(&source).phase == ReceiverPhase::Ended);
        let status = status(&source);
        assert_eq!((status.errors, status.restarts), (1, 1));
        assert_eq!(
            status.last_error.unwrap().message,
            "the receiver panicked: record 1 is odd"
        );
        assert!(!source.is_finished(), "its records are not taken yet");
        assert_eq!(records(next_batch(&mut source, &clock)), [1, 2]);
        assert!(source.is_finished());
    }

    #[test]
    fn a_fatal_error_stops_the_job() {
        let clock = ManualClock::new();
        let mut source = script(|_| Err(ReceiverError::new("the password is wrong").fatal()));
        source.start(&context(&clock)).unwrap();
        eventually("it ends", || status(&source).phase == ReceiverPhase::Ended);
        assert!(!source.is_finished(), "the job must ask for another batch");
        let error = source.batch(BatchTime::from_millis(1_000)).unwrap_err();
        assert_eq!(error.to_string(), "input `input`: the password is wrong");
    }
}
