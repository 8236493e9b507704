//! Nexmark: the benchmark suite for queries over streams, an auction house, as pipelines.
//!
//! Persons register, open auctions and bid; 23 queries ask about them. Each is a file in `queries`,
//! with its SQL, its pipeline, and the most obvious program that gives the same answer. The README
//! beside this file says where the answers differ from those of the SQL.
//!
//! Without arguments all queries are run over a few events, and their answers are compared with those
//! of the obvious programs. To see how fast they are:
//!
//! ```text
//! cargo run --release --example nexmark -- --events 1000000
//! cargo run --release --example nexmark -- q5 q7 --events 5000000 --batch 100000 --threads 1
//! ```

pub mod queries;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Parser;
use queries::event::{BASE_TIME, Event, at, generate};
use queries::{Output, Query, Row, Visitor, visit_all};
use stream_runtime::prelude::*;
use stream_runtime::sink::collect;
use stream_runtime::testing::TestRun;

/// Runs the queries of the Nexmark suite.
#[derive(Debug, Parser)]
struct Arguments {
    /// Which queries, from q0 to q22; all, if none is named.
    queries: Vec<String>,
    /// Measures over so many events; without it, a few are enough to check the answers.
    #[arg(long)]
    events: Option<usize>,
    /// Events in a batch.
    #[arg(long, default_value_t = 1_000_000)]
    batch: usize,
    /// Threads, and partitions of a shuffle.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

impl Arguments {
    fn name<R>(&self, query: &Query<R>) -> bool {
        self.queries.is_empty() || self.queries.iter().any(|name| name == query.name)
    }
}

/// Compares answers.
struct Check(Arguments, Vec<Event>);

impl Visitor for Check {
    fn visit<R: Row>(&mut self, query: &Query<R>) {
        let Self(arguments, events) = self;
        if !arguments.name(query) {
            return;
        }
        let (out, collected) = collect();
        let rows = events.chunks(events.len() / 7).map(<[Event]>::to_vec);
        let rows = queue(rows).with_default([]);
        // The job starts when the last event has happened, and the clock goes on after it.
        let run = TestRun::new().start(at(BASE_TIME + 200_000));
        let run = run.threads(arguments.threads).partitions(3);
        run.job((query.job)(rows, Output::Kept(out)), 20)
            .unwrap_or_else(|error| panic!("{}: {error}", query.name));
        let answer = (query.answer)(collected.rows().concat());
        assert!(
            answer == (query.reference)(events),
            "{} is wrong",
            query.name
        );
        println!(
            "{:4} {:30} {:6} rows",
            query.name,
            query.title,
            answer.len()
        );
    }
}

/// Measures.
struct Measure(Arguments, Vec<Vec<Event>>);

impl Visitor for Measure {
    fn visit<R: Row>(&mut self, query: &Query<R>) {
        let Self(arguments, batches) = self;
        if !arguments.name(query) {
            return;
        }
        let rows = Arc::new(AtomicU64::new(0));
        let out = Output::Counted(Arc::clone(&rows));
        let job = (query.job)(queue(batches.clone()), out)
            .batch_interval(Duration::from_millis(1))
            .threads(arguments.threads)
            .partitions(arguments.threads);
        let summary = job
            .run()
            .unwrap_or_else(|error| panic!("{}: {error}", query.name));
        let seconds = summary.processing_time.as_secs_f64();
        println!(
            "{:4} {:30} {:9} rows {:7.2} s {:6.1} million events/s",
            query.name,
            query.title,
            rows.load(Ordering::Relaxed),
            seconds,
            summary.records as f64 / seconds / 1e6,
        );
    }
}

fn main() {
    let arguments = Arguments::parse();
    match arguments.events {
        None => {
            let events = generate(50).take(10_000).collect();
            visit_all(&mut Check(arguments, events));
        }
        Some(count) => {
            let events: Vec<Event> = generate(10_000).take(count).collect();
            let batches = events.chunks(arguments.batch).map(<[Event]>::to_vec);
            let batches = batches.collect();
            visit_all(&mut Measure(arguments, batches));
        }
    }
}
