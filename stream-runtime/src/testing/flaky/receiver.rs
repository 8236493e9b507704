//! The receiver of a flaky source.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::block::Rows;
use crate::receiver::{Receiver, ReceiverError, Store};

use super::{Delivery, Flaky};

/// For how long it waits when there is nothing, on the job's clock.
const IDLE: Duration = Duration::from_millis(1);

/// The receiver of [`Flaky::receiver`]. It loses nothing, and stores what it is sent as it is sent.
#[derive(Debug)]
pub struct FlakyReceiver<T> {
    server: Flaky<T>,
    /// All records below this number are stored: the position in the source.
    complete: u64,
    /// Records above it that are stored.
    ahead: BTreeSet<u64>,
}

impl<T> FlakyReceiver<T> {
    pub(super) fn new(server: Flaky<T>) -> Self {
        Self {
            complete: server.acknowledged(),
            server,
            ahead: BTreeSet::new(),
        }
    }

    fn note(&mut self, number: u64) {
        if number >= self.complete {
            self.ahead.insert(number);
        }
        while self.ahead.remove(&self.complete) {
            self.complete += 1;
        }
    }
}

impl<T: Clone + Send + Sync + 'static> Receiver for FlakyReceiver<T> {
    type Block = Rows<T>;
    /// How many records are stored, from the first one on.
    type Position = u64;

    fn run(&mut self, store: &Store<Rows<T>, u64>) -> Result<(), ReceiverError> {
        let mut connection = self.server.connect(self.complete);
        while !store.is_stopped()
            && let Some(packet) = connection.read()?
        {
            if packet.is_empty() {
                store.wait_until(store.now() + IDLE);
                continue;
            }
            let mut rows = Vec::with_capacity(packet.len());
            for Delivery { number, record } in packet {
                self.note(number);
                rows.push(record);
            }
            store.push_block_at(Rows(rows), self.complete)?;
            for position in store.committed() {
                self.committed(position)?;
            }
        }
        Ok(())
    }

    fn resume(&mut self, position: u64) -> Result<(), ReceiverError> {
        self.complete = position;
        self.ahead.clear();
        Ok(())
    }

    fn committed(&mut self, position: u64) -> Result<(), ReceiverError> {
        self.server.acknowledge(position);
        Ok(())
    }
}
