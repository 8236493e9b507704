//! What is outside of the job and survives it: the source of the records, the outputs, the clock.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use stream_runtime::prelude::*;
use stream_runtime::receiver::{Recovery, Rng, Sender, Source, SourceContext};
use stream_runtime::sink::BatchWriter;
use stream_runtime::storage::{MemoryStorage, Storage};
use stream_runtime::{Clock, Error, Rows, Signal, Val};

/// A record of an output.
pub(crate) type Row = (u64, u64);
/// The records of the batches of an output.
pub(crate) type Batches = Vec<(BatchTime, Vec<Row>)>;

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
    pub(crate) fn of(&self, name: &'static str) -> Batches {
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

/// A program that sends numbers, and never sends one twice. What of them arrives is not known before
/// a flush.
#[derive(Clone, Default)]
pub(crate) struct Feed {
    sent: Arc<Mutex<Sent>>,
}

#[derive(Default)]
struct Sent {
    next: u64,
    /// Those that were flushed by the run they were sent to.
    safe: Vec<u64>,
}

impl Feed {
    /// The numbers that have to arrive.
    pub(crate) fn safe(&self) -> Vec<u64> {
        self.sent().safe.clone()
    }

    /// Sends up to `end`, a little whenever it is called, and lets go of the sender then.
    pub(crate) fn into(
        self,
        sender: Sender<u64>,
        end: u64,
        mut chance: Rng,
    ) -> impl FnMut() + Send + 'static {
        let (mut sender, mut waiting) = (Some(sender), Vec::new());
        move || {
            let mut sent = self.sent();
            for _ in 0..chance.u64(0..4) {
                let number = sent.next;
                if let Some(sender) = sender.as_ref().filter(|_| number < end)
                    && sender.send(number).is_ok()
                {
                    waiting.push(number);
                    sent.next += 1;
                }
            }
            if chance.bool() && sender.as_ref().is_some_and(|sender| sender.flush().is_ok()) {
                sent.safe.append(&mut waiting);
            }
            if sent.next == end {
                sender = None;
            }
        }
    }

    fn sent(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().expect("no sender panics")
    }
}

/// A clock that is moved on by whoever waits for it. Meanwhile other programs run.
#[derive(Clone, Default)]
pub(crate) struct SimulatedClock {
    now: Arc<Mutex<BatchTime>>,
    meanwhile: Option<Arc<Mutex<dyn FnMut() + Send>>>,
}

impl SimulatedClock {
    pub(crate) fn pass(&self, time: Duration) {
        let mut now = self.now.lock().expect("no reader panics");
        *now = *now + time;
    }

    pub(crate) fn with(&self, meanwhile: impl FnMut() + Send + 'static) -> Self {
        Self {
            now: Arc::clone(&self.now),
            meanwhile: Some(Arc::new(Mutex::new(meanwhile))),
        }
    }
}

impl Debug for SimulatedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimulatedClock at {}", self.now())
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> BatchTime {
        *self.now.lock().expect("no reader panics")
    }

    fn wait_until(&self, deadline: BatchTime, _: &Signal) {
        if let Some(meanwhile) = &self.meanwhile {
            (meanwhile.lock().expect("no program panics"))();
        }
        let mut now = self.now.lock().expect("no reader panics");
        *now = deadline.max(*now);
    }
}
