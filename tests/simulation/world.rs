//! What is outside of the job and survives it: the source of the records, the outputs, the clock.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use stream_runtime::prelude::*;
use stream_runtime::receiver::{Recovery, Rng, Source, SourceContext};
use stream_runtime::sink::BatchWriter;
use stream_runtime::storage::{MemoryStorage, Storage};
use stream_runtime::{Clock, Error, Rows, Signal, Val};

/// A record of an output.
pub(crate) type Row = (u64, u64);

/// What was put out, by sink and batch.
#[derive(Clone, Default)]
pub(crate) struct Outputs {
    rows: Arc<Mutex<BTreeMap<(&'static str, BatchTime), Vec<Row>>>>,
}

/// One of the sinks. Its writes count as operations of the storage, so that the power can go off
/// before and after each of them.
pub(crate) struct Written {
    pub(crate) name: &'static str,
    pub(crate) outputs: Outputs,
    pub(crate) storage: MemoryStorage,
}

impl Outputs {
    /// The batches of a sink, in order.
    pub(crate) fn of(&self, name: &'static str) -> Vec<(BatchTime, Vec<Row>)> {
        let rows = self.rows();
        let rows = rows.iter().filter(|((sink, _), _)| *sink == name);
        rows.map(|((_, time), rows)| (*time, rows.clone()))
            .collect()
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<(&'static str, BatchTime), Vec<Row>>> {
        self.rows.lock().expect("no writer panics")
    }
}

impl BatchWriter<Val<Row>> for Written {
    fn write(&mut self, time: BatchTime, partitions: &[Vec<Row>]) -> io::Result<()> {
        has_power(&self.storage)?;
        let mut rows = partitions.concat();
        rows.sort_unstable();
        let before = self.outputs.rows().insert((self.name, time), rows.clone());
        if before.is_some_and(|before| before != rows) {
            return Err(io::Error::other(format!(
                "`{}` was put out again, and differs, at {time}",
                self.name
            )));
        }
        has_power(&self.storage)
    }
}

/// Fails when the power is off.
fn has_power(storage: &MemoryStorage) -> io::Result<()> {
    match storage.open("no such file") {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Gives the numbers from 0 on, so many a batch as chance says: another chance after each start, so
/// that a batch can only be given again if somebody wrote down where it ended.
pub(crate) struct Numbers {
    pub(crate) next: u64,
    pub(crate) end: u64,
    pub(crate) chance: Rng,
}

impl Numbers {
    fn up_to(&mut self, end: u64) -> Vec<Rows<u64>> {
        let rows = (self.next..end).collect();
        self.next = end;
        vec![Rows(rows)]
    }
}

impl Source for Numbers {
    type Block = Rows<u64>;

    fn recovery(&self) -> Recovery {
        Recovery::Replays
    }

    fn position(&self) -> Vec<u8> {
        self.next.to_le_bytes().to_vec()
    }

    fn resume(&mut self, _: &SourceContext, position: &[u8]) -> Result<(), Error> {
        self.next = read(position)?;
        Ok(())
    }

    fn replay(&mut self, _: BatchTime, end: &[u8]) -> Result<Vec<Rows<u64>>, Error> {
        let end = read(end)?;
        Ok(self.up_to(end))
    }

    fn batch(&mut self, _: BatchTime) -> Result<Vec<Rows<u64>>, Error> {
        let end = self.end.min(self.next + self.chance.u64(0..6));
        Ok(self.up_to(end))
    }

    fn is_finished(&self) -> bool {
        self.next == self.end
    }
}

fn read(position: &[u8]) -> Result<u64, Error> {
    let position = position.try_into().map(u64::from_le_bytes);
    position.map_err(|_| Error::Config(format!("{position:?} is no position")))
}

/// A clock that is moved on by whoever waits for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct SimulatedClock(Arc<Mutex<BatchTime>>);

impl SimulatedClock {
    pub(crate) fn pass(&self, time: Duration) {
        let mut now = self.0.lock().expect("no reader panics");
        *now = *now + time;
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> BatchTime {
        *self.0.lock().expect("no reader panics")
    }

    fn wait_until(&self, deadline: BatchTime, _: &Signal) {
        let mut now = self.0.lock().expect("no reader panics");
        *now = deadline.max(*now);
    }
}
