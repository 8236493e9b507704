//! Engines: where the tasks of a stage run, and how buckets travel between partitions.

use std::fmt::Debug;
use std::mem;

use elsa::sync::FrozenVec;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Below this many records the tasks of a stage run on the driver's own thread: handing them out
/// costs a few microseconds and pays from some thousands of cheap records on.
pub(crate) const INLINE_RECORDS: usize = 4_096;

/// A record that may cross partitions, and so, some day, machines.
///
/// It is implemented for everything that is `Send`, [`Serialize`] and [`Deserialize`]; borrowed
/// strings stay borrowed, from the buffer they arrive in.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel between partitions",
    label = "these records go from one partition to another",
    note = "on a type of your own put `#[derive(serde::Serialize, serde::Deserialize)]`; it must be `Send` and `Sync`, too"
)]
pub trait Exchange<'b>: Send + Sync + Serialize + Deserialize<'b> {}

#[diagnostic::do_not_recommend]
impl<'b, T: Send + Sync + Serialize + Deserialize<'b>> Exchange<'b> for T {}

/// Runs stages. The batch function of a job is straight-line code over an engine; running tasks
/// and exchanging buckets are all that it asks for, so the same function runs on one thread, on
/// all cores, or in several processes.
pub trait Engine: Debug + Send + Sync {
    /// How many tasks can run at the same time.
    fn threads(&self) -> usize;

    /// Calls `task` once with each number below `tasks`, and returns when all are done.
    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync));

    /// Runs the driver of a job, from its first batch to its last, where starting tasks is cheapest.
    /// It is called once a job, and returns when `driver` has. By default the driver stays where
    /// it is.
    fn drive(&self, driver: Box<dyn FnOnce() + Send + '_>) {
        driver();
    }

    /// Carries serialized buckets to where they are needed. `None`, the default: all partitions
    /// share their memory, so buckets are handed over as they are.
    fn transport(&self) -> Option<&dyn Transport> {
        None
    }
}

/// Moves bytes between partitions that do not share memory.
pub trait Transport: Debug + Send + Sync {
    /// Takes, for each partition, the buckets meant for it, and gives back those that arrived,
    /// in the order of their senders.
    fn carry(&self, buckets: Vec<Vec<Vec<u8>>>) -> Vec<Vec<Vec<u8>>>;
}

/// All tasks in this process, on rayon.
///
/// The driver runs on a thread of the pool, as its tasks do: starting tasks from inside the pool
/// takes about a microsecond, from outside twenty. So the parallel methods of a
/// [`Batch`](crate::Batch), and rayon in user code that the driver calls, use this pool as well.
/// The threads end with the engine.
#[derive(Debug)]
pub struct LocalEngine {
    pool: rayon::ThreadPool,
}

impl LocalEngine {
    /// An engine of `threads` threads.
    ///
    /// # Errors
    ///
    /// When the threads cannot be started.
    pub fn new(threads: usize) -> Result<Self> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("stream-worker-{index}"))
            .build();
        let pool = pool.map_err(|error| {
            Error::Config(format!("{threads} threads cannot be started: {error}"))
        })?;
        Ok(Self { pool })
    }
}

impl Engine for LocalEngine {
    fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        if tasks <= 1 || self.threads() == 1 {
            (0..tasks).for_each(task);
        } else {
            self.pool
                .install(|| (0..tasks).into_par_iter().with_max_len(1).for_each(task));
        }
    }

    fn drive(&self, driver: Box<dyn FnOnce() + Send + '_>) {
        self.pool.install(driver);
    }
}

/// Everything on the thread that runs the job, which starts no other: for simulations, in which
/// nothing may depend on chance.
#[derive(Debug, Clone, Copy, Default)]
pub struct InlineEngine;

impl Engine for InlineEngine {
    fn threads(&self) -> usize {
        1
    }

    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        (0..tasks).for_each(task);
    }
}

/// An engine that serializes every exchange, as a cluster does, and runs its tasks one by one.
///
/// It is there to show that a pipeline can do without shared memory.
#[derive(Debug, Default)]
pub struct SerializingEngine;

impl Engine for SerializingEngine {
    fn threads(&self) -> usize {
        1
    }

    fn run(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        (0..tasks).for_each(task);
    }

    fn transport(&self) -> Option<&dyn Transport> {
        Some(self)
    }
}

impl Transport for SerializingEngine {
    fn carry(&self, buckets: Vec<Vec<Vec<u8>>>) -> Vec<Vec<Vec<u8>>> {
        buckets
    }
}

/// The buffers in which records arrived: whatever is decoded from them borrows from here, until
/// the batch is done.
#[derive(Debug, Default)]
pub struct Arena {
    buffers: FrozenVec<Vec<u8>>,
}

impl Arena {
    /// An arena without buffers. Allocates nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a buffer for as long as the arena lives.
    pub fn keep(&self, buffer: Vec<u8>) -> &[u8] {
        self.buffers.push_get(buffer)
    }
}

/// Records on their way from one task to one partition.
pub trait Bucket: Default {
    /// How many there are.
    fn records(&self) -> usize;
}

impl<E> Bucket for Vec<E> {
    fn records(&self) -> usize {
        self.len()
    }
}

/// What one task of a shuffle's map side produced: a bucket for each partition of its reduce side.
pub type Buckets<E> = Vec<Vec<E>>;

/// Turns the buckets of each producer into the buckets for each partition. Between partitions of
/// one process nothing is copied; otherwise each bucket is serialized and decoded in the arena.
///
/// # Errors
///
/// What the codec says when records do not survive it.
pub(crate) fn exchange<'b, B: Bucket + Exchange<'b>>(
    engine: &dyn Engine,
    arena: &'b Arena,
    width: usize,
    produced: Vec<Vec<B>>,
) -> postcard::Result<Vec<Vec<B>>> {
    let buckets = transpose(width, produced);
    match engine.transport() {
        None => Ok(buckets),
        Some(transport) => carried(transport, arena, &buckets),
    }
}

/// Buckets by producer and partition to buckets by partition and producer. Empty ones are left out.
///
/// As all that is compiled for each shuffle it goes without iterators by value, which are much code.
pub(crate) fn transpose<B: Bucket>(width: usize, mut produced: Vec<Vec<B>>) -> Vec<Vec<B>> {
    let mut partitions: Vec<Vec<B>> = Vec::with_capacity(width);
    for at in 0..width {
        let mut partition = Vec::with_capacity(produced.len());
        for buckets in &mut produced {
            let bucket = mem::take(&mut buckets[at]);
            if bucket.records() > 0 {
                partition.push(bucket);
            }
        }
        partitions.push(partition);
    }
    partitions
}

/// The buckets as they arrive when they have traveled as bytes.
fn carried<'b, B: Exchange<'b>>(
    transport: &dyn Transport,
    arena: &'b Arena,
    buckets: &[Vec<B>],
) -> postcard::Result<Vec<Vec<B>>> {
    let (mut counts, mut arrived) = (Vec::with_capacity(buckets.len()), Vec::new());
    for partition in buckets {
        counts.push(partition.len());
        arrived.push(Vec::with_capacity(partition.len()));
    }
    let encode = |partition: usize, at: usize| postcard::to_stdvec(&buckets[partition][at]);
    let mut decode = |partition: usize, bytes: &'b [u8]| {
        arrived[partition].push(postcard::from_bytes(bytes)?);
        Ok(())
    };
    carry(transport, arena, &counts, &encode, &mut decode)?;
    Ok(arrived)
}

/// Carries as many buckets of each partition as `counts` says. Kept apart from [`carried`], which is
/// compiled for each shuffle.
fn carry<'b>(
    transport: &dyn Transport,
    arena: &'b Arena,
    counts: &[usize],
    encode: &dyn Fn(usize, usize) -> postcard::Result<Vec<u8>>,
    decode: &mut dyn FnMut(usize, &'b [u8]) -> postcard::Result<()>,
) -> postcard::Result<()> {
    let rows = counts.iter().enumerate().map(|(partition, &count)| {
        let row = (0..count).map(|at| encode(partition, at));
        row.collect::<postcard::Result<Vec<_>>>()
    });
    let rows = rows.collect::<postcard::Result<Vec<_>>>()?;
    for (partition, row) in transport.carry(rows).into_iter().enumerate() {
        for bytes in row {
            decode(partition, arena.keep(bytes))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_bring_every_record_to_its_partition() {
        let local = LocalEngine::new(2).unwrap();
        for engine in [&local as &dyn Engine, &SerializingEngine] {
            let arena = Arena::new();
            let produced = vec![vec![vec!["a"], vec!["b"]], vec![vec![], vec!["c", "d"]]];
            let partitions = exchange(engine, &arena, 2, produced).unwrap();
            assert_eq!(
                partitions,
                [vec![vec!["a"]], vec![vec!["b"], vec!["c", "d"]]]
            );
        }
    }
}
