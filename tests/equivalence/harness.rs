//! A pipeline, the reference that says what it should put out, and the ways in which it is run.

use std::collections::BTreeSet;
use std::fmt::Debug;

use stream_runtime::prelude::*;
use stream_runtime::receiver::Queue;
use stream_runtime::sink::{Collect, collect};
use stream_runtime::storage::MemoryStorage;
use stream_runtime::testing::TestRun;
use stream_runtime::{Format, Job};

use crate::inputs::{Given, Made, Random, Shape};

pub(crate) use Cut::{Again, Invariant, PerBatch};
pub(crate) use Order::{Any, Kept};

/// Whether the order of the records within a batch is that of the reference, whatever the number
/// of partitions.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order {
    Any,
    Kept,
}

/// What the outputs of all batches, put together, have to do with the output of one large batch.
/// The output of each batch is compared with the reference in any case.
pub(crate) enum Cut<O> {
    /// Nothing.
    PerBatch,
    /// They are the same.
    Invariant,
    /// They are the same once this has combined them again.
    Again(fn(Vec<O>) -> Vec<O>),
}

/// A job over some batches, and what to call for its output when it has run.
pub(crate) type Built<O> = (Job, Box<dyn FnOnce() -> Vec<Vec<O>>>);

/// A record of an output that can be compared.
pub(crate) trait Record: Ord + Clone + Debug + Send + 'static {}

impl<T: Ord + Clone + Debug + Send + 'static> Record for T {}

struct Pipeline<G, O> {
    order: Order,
    cut: Cut<O>,
    make: Box<dyn Fn(&mut Random, Shape, usize) -> G>,
    build: Box<dyn Fn(Vec<G>) -> Built<O>>,
    reference: Box<dyn Fn(&[G]) -> Vec<Vec<O>>>,
}

/// A pipeline of the corpus, whatever its records are. All methods panic when it is not as its
/// reference says.
pub(crate) trait Case {
    /// Numbers of partitions and threads, and the serializing engine, over batches large and small.
    fn every_engine(&self);
    /// One input, cut into batches of 1, 7, 100 and all records.
    fn every_cut(&self);
    /// Stopped after each batch and restored from its checkpoint, with other partitions and threads.
    fn restored(&self);
    /// Made-up batches run in a made-up way.
    fn at_random(&self, seed: u64);
    /// The name of the pipeline.
    fn name(&self) -> String;
    /// The operators in its plan.
    fn operators(&self) -> BTreeSet<String>;
}

/// The pipelines.
#[derive(Default)]
pub(crate) struct Corpus {
    cases: Vec<Box<dyn Case>>,
}

impl Corpus {
    pub(crate) fn cases(&self) -> &[Box<dyn Case>] {
        &self.cases
    }

    /// A pipeline with one input and one sink.
    pub(crate) fn one<T: Clone + 'static, O: Record>(
        &mut self,
        (order, cut): (Order, Cut<O>),
        make: Made<T>,
        pipeline: impl Fn(Queue<T>, Collect<O>) -> Job + 'static,
        reference: impl Fn(&[T]) -> Vec<O> + 'static,
    ) {
        let build = move |batches| sunk(|out| pipeline(queue(batches), out));
        self.add((order, cut), make, build, move |rows: &Vec<T>| {
            reference(rows)
        });
    }

    /// A pipeline with two inputs and one sink.
    pub(crate) fn two<T: Clone + 'static, U: Clone + 'static, O: Record>(
        &mut self,
        (order, cut): (Order, Cut<O>),
        make: (Made<T>, Made<U>),
        pipeline: impl Fn(Queue<T>, Queue<U>, Collect<O>) -> Job + 'static,
        reference: impl Fn(&[T], &[U]) -> Vec<O> + 'static,
    ) {
        let build = move |batches: Vec<(Vec<T>, Vec<U>)>| {
            let (left, right): (Vec<_>, Vec<_>) = batches.into_iter().unzip();
            sunk(|out| pipeline(queue(left), queue(right), out))
        };
        let make = move |random: &mut Random, shape: Shape, len| {
            let left = make.0(random, shape, len);
            (left, make.1(random, shape.next(), len.div_ceil(10)))
        };
        self.add((order, cut), make, build, move |(left, right)| {
            reference(left, right)
        });
    }

    /// A pipeline with one input and two sinks; what goes to the second one is made like the first.
    pub(crate) fn two_sinks<T: Clone + 'static, O: Record>(
        &mut self,
        (order, cut): (Order, Cut<(u8, O)>),
        make: Made<T>,
        pipeline: impl Fn(Queue<T>, Collect<O>, Collect<O>) -> Job + 'static,
        reference: impl Fn(&[T]) -> (Vec<O>, Vec<O>) + 'static,
    ) {
        let build = move |batches: Vec<Vec<T>>| -> Built<(u8, O)> {
            let ((first, firsts), (second, seconds)) = (collect(), collect());
            let job = pipeline(queue(batches), first, second);
            let rows = move || {
                let rows = firsts.rows().into_iter().zip(seconds.rows());
                rows.map(numbered).collect()
            };
            (job, Box::new(rows))
        };
        self.add((order, cut), make, build, move |rows: &Vec<T>| {
            numbered(reference(rows))
        });
    }

    /// Any pipeline that remembers nothing.
    pub(crate) fn add<G: Given, O: Record>(
        &mut self,
        (order, cut): (Order, Cut<O>),
        make: impl Fn(&mut Random, Shape, usize) -> G + 'static,
        build: impl Fn(Vec<G>) -> Built<O> + 'static,
        reference: impl Fn(&G) -> Vec<O> + 'static,
    ) {
        let reference = move |batches: &[G]| batches.iter().map(&reference).collect();
        self.add_remembering((order, cut), make, build, reference);
    }

    /// A pipeline with one input and one sink, whose outputs follow from all batches so far.
    pub(crate) fn remembering<T: Clone + 'static, O: Record>(
        &mut self,
        order: Order,
        make: Made<T>,
        pipeline: impl Fn(Queue<T>, Collect<O>) -> Job + 'static,
        reference: impl Fn(&[Vec<T>]) -> Vec<Vec<O>> + 'static,
    ) {
        let build = move |batches| sunk(|out| pipeline(queue(batches), out));
        self.add_remembering((order, PerBatch), make, build, reference);
    }

    /// Any pipeline.
    fn add_remembering<G: Given, O: Record>(
        &mut self,
        (order, cut): (Order, Cut<O>),
        make: impl Fn(&mut Random, Shape, usize) -> G + 'static,
        build: impl Fn(Vec<G>) -> Built<O> + 'static,
        reference: impl Fn(&[G]) -> Vec<Vec<O>> + 'static,
    ) {
        self.cases.push(Box::new(Pipeline {
            order,
            cut,
            make: Box::new(make),
            build: Box::new(build),
            reference: Box::new(reference),
        }));
    }
}

/// A job with one sink.
pub(crate) fn sunk<O: Record>(pipeline: impl FnOnce(Collect<O>) -> Job) -> Built<O> {
    let (out, collected) = collect();
    (pipeline(out), Box::new(move || collected.rows()))
}

/// The records of two sinks, each with the number of its sink.
fn numbered<O>((first, second): (Vec<O>, Vec<O>)) -> Vec<(u8, O)> {
    let first = first.into_iter().map(|record| (1, record));
    first
        .chain(second.into_iter().map(|record| (2, record)))
        .collect()
}

/// Records in the batches of [`Case::every_engine`]. Stages run in parallel from 4,096 on.
const BATCHES: [(usize, Shape); 6] = [
    (40, Shape::Duplicates),
    (0, Shape::Duplicates),
    (5_000, Shape::Hot),
    (1, Shape::Hot),
    (700, Shape::Duplicates),
    (5_000, Shape::Distinct),
];

/// Records in the batches of [`Case::restored`].
const TO_RESTORE: [(usize, Shape); 7] = [
    (40, Shape::Duplicates),
    (300, Shape::Hot),
    (0, Shape::Hot),
    (100, Shape::Distinct),
    (1, Shape::Hot),
    (0, Shape::Hot),
    (200, Shape::Duplicates),
];

/// Records of the input of [`Case::every_cut`].
const TO_CUT: usize = 150;

impl<G: Given, O: Record> Case for Pipeline<G, O> {
    fn every_engine(&self) {
        let seed = 1;
        let mut random = Random::seeded(seed);
        let batches: Vec<G> = BATCHES
            .map(|(len, shape)| (self.make)(&mut random, shape, len))
            .into();
        let expected = (self.reference)(&batches);
        for partitions in [1, 2, 3, 7] {
            let run = || TestRun::new().partitions(partitions);
            let alone = self.run(&run(), seed, &batches);
            self.compare(&expected, &alone, &format!("seed {seed}, {:?}", run()));
            for other in [run().threads(partitions.clamp(2, 4)), run().serializing()] {
                let found = self.run(&other, seed, &batches);
                let way = format!("seed {seed}, {other:?}, against one thread");
                agree(&self.name(), &alone, &found, &way);
            }
        }
    }

    fn every_cut(&self) {
        let seed = 2;
        let all = (self.make)(&mut Random::seeded(seed), Shape::Hot, TO_CUT);
        for len in [1, 7, 100, TO_CUT] {
            let run = TestRun::new().partitions(3);
            let batches = all.cut(len);
            let way = format!("seed {seed}, cuts of {len}, {run:?}");
            let found = self.run(&run, seed, &batches);
            let expected = (self.reference)(&batches);
            self.compare(&expected, &found, &way);
            self.compare_whole(&all, found.concat(), &way);
        }
    }

    fn restored(&self) {
        let seed = 3;
        let mut random = Random::seeded(seed);
        let batches: Vec<G> = TO_RESTORE
            .map(|(len, shape)| (self.make)(&mut random, shape, len))
            .into();
        let expected = (self.reference)(&batches);
        let storage = MemoryStorage::new();
        let mut found = Vec::new();
        for batch in 0..batches.len() {
            let run = TestRun::new()
                .partitions(random.below(5) + 1)
                .threads(random.below(2) + 1);
            let (job, rows) = (self.build)(batches.clone());
            if let Err(error) = run.job(job.checkpoint(storage.clone()), 1) {
                panic!("`{}` fails at batch {batch}, {run:?}: {error}", self.name());
            }
            // An accumulator has the rows of the batches before, too.
            found.extend(rows().pop());
        }
        self.compare(&expected, &found, "a restart after each batch");
    }

    fn at_random(&self, seed: u64) {
        let mut random = Random::seeded(seed ^ 0x5eed);
        let batches: Vec<G> = (0..random.below(4) + 1)
            .map(|_| {
                let (shape, len) = (Shape::ALL[random.below(3)], random.below(300));
                (self.make)(&mut random, shape, len)
            })
            .collect();
        let run = TestRun::new()
            .partitions(random.below(9) + 1)
            .threads(random.below(4) + 1);
        let run = match random.below(3) {
            0 => run.serializing(),
            _ => run,
        };
        let expected = (self.reference)(&batches);
        let found = self.run(&run, seed, &batches);
        self.compare(&expected, &found, &format!("random seed {seed}, {run:?}"));
    }

    fn name(&self) -> String {
        self.plan()["pipeline"].as_str().unwrap().to_owned()
    }

    fn operators(&self) -> BTreeSet<String> {
        let plan = self.plan();
        let nodes = plan["nodes"].as_array().unwrap().iter();
        nodes
            .map(|node| node["operator"].as_str().unwrap().to_owned())
            .collect()
    }
}

impl<G: Given, O: Record> Pipeline<G, O> {
    fn plan(&self) -> serde_json::Value {
        let (job, _) = (self.build)(Vec::new());
        serde_json::from_str(&job.explain(Format::Json)).unwrap()
    }

    fn run(&self, run: &TestRun, seed: u64, batches: &[G]) -> Vec<Vec<O>> {
        let (job, rows) = (self.build)(batches.to_vec());
        if let Err(error) = run.job(job, batches.len() as u64) {
            panic!("`{}` fails with seed {seed}, {run:?}: {error}", self.name());
        }
        rows()
    }

    fn compare(&self, expected: &[Vec<O>], found: &[Vec<O>], way: &str) {
        let arranged = |rows: &[Vec<O>]| {
            rows.iter()
                .map(|row| self.arranged(row))
                .collect::<Vec<_>>()
        };
        agree(&self.name(), &arranged(expected), &arranged(found), way);
    }

    /// Compares the outputs of all batches with the reference over all of the input.
    fn compare_whole(&self, all: &G, found: Vec<O>, way: &str) {
        let found = match self.cut {
            PerBatch => return,
            Invariant => found,
            Again(combine) => combine(found),
        };
        let way = format!("{way}, all batches together");
        let expected = (self.reference)(std::slice::from_ref(all));
        self.compare(&expected, &[found], &way);
    }

    fn arranged(&self, row: &[O]) -> Vec<O> {
        let mut row = row.to_vec();
        match self.order {
            Any => row.sort(),
            Kept => {}
        }
        row
    }
}

/// Panics, with the first difference, if the rows are not the same.
fn agree<O: Record>(name: &str, expected: &[Vec<O>], found: &[Vec<O>], way: &str) {
    let lens = (expected.len(), found.len());
    assert_eq!(lens.0, lens.1, "`{name}` with {way}: number of batches");
    for (batch, (expected, found)) in expected.iter().zip(found).enumerate() {
        let places = 0..expected.len().max(found.len());
        let differs = places
            .into_iter()
            .find(|&at| expected.get(at) != found.get(at));
        if let Some(at) = differs {
            let (expected, found) = (expected.get(at), found.get(at));
            panic!(
                "`{name}` with {way}: record {at} of batch {batch} should be {expected:?} and is {found:?}"
            );
        }
    }
}
