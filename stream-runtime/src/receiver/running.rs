//! A receiver at work, and its end.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::block::BlockSize;
use crate::receiver::store::Store;

/// How long the job waits for a receiver that was told to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// A receiver that was started, and its thread.
pub(super) struct Running<B, P> {
    pub(super) store: Store<B, P>,
    pub(super) thread: Option<JoinHandle<()>>,
    pub(super) stopping: Stopping,
}

/// How far a receiver is with its end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stopping {
    No,
    /// It was asked at this time, and may have something in hand.
    Asked(Instant),
    Done,
    /// It does not react.
    Hangs,
}

impl<B: BlockSize, P> Running<B, P> {
    pub(super) fn stop(&mut self) {
        if let Stopping::No = self.stopping {
            self.stopping = Stopping::Asked(Instant::now());
            self.store.stop.raise();
            self.store.inbox.end();
        }
    }

    /// Waits until a receiver that was told to stop has stored what it has in hand. All receivers of
    /// a job are told before the first one is waited for.
    pub(super) fn wait_stopped(&mut self) {
        let Stopping::Asked(since) = self.stopping else {
            return;
        };
        let Store { inbox, input, .. } = &self.store;
        self.stopping = Stopping::Done;
        if !inbox.wait_closed(PATIENCE.saturating_sub(since.elapsed())) {
            tracing::warn!(%input, "the receiver did not stop within {PATIENCE:?}; what it stores from now on is refused");
            inbox.close();
            self.stopping = Stopping::Hangs;
        }
    }

    /// For how long to wait for the end of the thread.
    pub(super) fn patience(&self) -> Duration {
        match self.stopping {
            Stopping::No | Stopping::Done => PATIENCE,
            Stopping::Asked(since) => PATIENCE.saturating_sub(since.elapsed()),
            Stopping::Hangs => Duration::ZERO,
        }
    }
}
