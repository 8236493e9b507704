//! The queries, one a file, and what they have in common: a [`Query`] each.
//!
//! Each file has the question, its SQL, the pipeline, and a reference: the most obvious program that
//! answers it over a slice of events.

pub mod bidding;
pub mod calendar;
pub mod event;
pub mod q00;
pub mod q01;
pub mod q02;
pub mod q03;
pub mod q04;
pub mod q05;
pub mod q06;
pub mod q07;
pub mod q08;
pub mod q09;
pub mod q10;
pub mod q11;
pub mod q12;
pub mod q13;
pub mod q14;
pub mod q15;
pub mod q16;
pub mod q17;
pub mod q18;
pub mod q19;
pub mod q20;
pub mod q21;
pub mod q22;
pub mod statistics;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use event::Event;
use stream_runtime::receiver::Queue;
use stream_runtime::sink::{BatchWriter, Collect};
use stream_runtime::{BatchTime, Family, Job};

/// A query with rows of type `R`.
#[derive(Debug, Clone, Copy)]
pub struct Query<R> {
    /// From `q0` to `q22`.
    pub name: &'static str,
    /// What it is called in the suite.
    pub title: &'static str,
    /// The pipeline.
    pub job: fn(Queue<Event>, Output<R>) -> Job,
    /// What the rows of all batches come to, however they are dealt out to the batches.
    pub answer: fn(Vec<R>) -> Vec<R>,
    /// The answer over all events by the most obvious program.
    pub reference: fn(&[Event]) -> Vec<R>,
}

/// Where the rows go.
#[derive(Debug)]
pub enum Output<R> {
    /// They are looked at later.
    Kept(Collect<R>),
    /// They are only counted.
    Counted(Arc<AtomicU64>),
}

impl<R: Send + 'static, F: Family<Owned = R>> BatchWriter<F> for Output<R> {
    fn write(&mut self, time: BatchTime, partitions: &[Vec<F::Of<'_>>]) -> io::Result<()> {
        match self {
            Self::Kept(collect) => BatchWriter::<F>::write(collect, time, partitions),
            Self::Counted(count) => {
                let rows: usize = partitions.iter().map(Vec::len).sum();
                count.fetch_add(rows as u64, Ordering::Relaxed);
                Ok(())
            }
        }
    }
}

/// Somebody who does the same to each query, whatever its rows.
pub trait Visitor {
    /// Is called for each query, in order.
    fn visit<R: Row>(&mut self, query: &Query<R>);
}

/// What the rows of a query can be.
pub trait Row: Clone + PartialEq + Debug + Send + Sync + 'static {}

impl<R: Clone + PartialEq + Debug + Send + Sync + 'static> Row for R {}

/// Shows a visitor all queries.
pub fn visit_all(visitor: &mut impl Visitor) {
    visitor.visit(&q00::QUERY);
    visitor.visit(&q01::QUERY);
    visitor.visit(&q02::QUERY);
    visitor.visit(&q03::QUERY);
    visitor.visit(&q04::QUERY);
    visitor.visit(&q05::QUERY);
    visitor.visit(&q06::QUERY);
    visitor.visit(&q07::QUERY);
    visitor.visit(&q08::QUERY);
    visitor.visit(&q09::QUERY);
    visitor.visit(&q10::QUERY);
    visitor.visit(&q11::QUERY);
    visitor.visit(&q12::QUERY);
    visitor.visit(&q13::QUERY);
    visitor.visit(&q14::QUERY);
    visitor.visit(&q15::QUERY);
    visitor.visit(&q16::QUERY);
    visitor.visit(&q17::QUERY);
    visitor.visit(&q18::QUERY);
    visitor.visit(&q19::QUERY);
    visitor.visit(&q20::QUERY);
    visitor.visit(&q21::QUERY);
    visitor.visit(&q22::QUERY);
}

/// The answer of a query that lets each event through by itself: all rows, in the order of the events.
pub fn in_order<R>(rows: Vec<R>) -> Vec<R> {
    rows
}

/// The answer of a query that only ever adds rows: all of them, in no order.
pub fn all<R: Ord>(mut rows: Vec<R>) -> Vec<R> {
    rows.sort();
    rows
}

/// The answer of a query that puts out a key again when its value has changed: the last of each.
/// In Flink's terms it is an upsert stream, or a retraction and an insertion.
pub fn latest<K: Ord, V>(rows: Vec<(K, V)>) -> Vec<(K, V)> {
    let table: BTreeMap<K, V> = rows.into_iter().collect();
    table.into_iter().collect()
}
