//! How long records take at parts of the highest rate that is sustained: see `latency --help`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use stream_benches::latency::pipelines::{PIPELINES, Pipeline};
use stream_benches::latency::run::run;
use stream_benches::latency::search::{Tried, highest};
use stream_benches::latency::{Latencies, Latency};
use stream_benches::report::machine::Machine;
use stream_benches::report::results::Results;
use stream_runtime::keep_freed_memory;

/// Finds the highest rate that a pipeline sustains at each batch interval, and measures the latency of its
/// records at parts of it, on two threads.
#[derive(Debug, Parser)]
struct Options {
    /// How the names of the pipelines begin: `word`, `filter` [default: all]
    pipelines: Vec<String>,
    /// Batch intervals
    #[arg(long, value_delimiter = ',', default_value = "100us,1ms,10ms,100ms", value_parser = humantime::parse_duration)]
    intervals: Vec<Duration>,
    /// Parts of the highest rate
    #[arg(long, value_delimiter = ',', default_value = "0.1,0.5,0.9")]
    loads: Vec<f64>,
    /// Takes this as the highest rate, in records a second, and does not search for it
    #[arg(long)]
    rate: Option<f64>,
    /// How long each rate is tried and measured
    #[arg(long, default_value = "4s", value_parser = humantime::parse_duration)]
    time: Duration,
    /// Results of the report into which the latencies are put
    #[arg(long, value_name = "JSON")]
    json: Option<PathBuf>,
}

/// Where the search for a rate begins.
const FIRST_RATE: f64 = 100_000.0;

fn main() -> Result<(), Box<dyn Error>> {
    keep_freed_memory();
    let options = Options::parse();
    let mut all = Vec::new();
    println!("latency, from when a record is due to when the outputs of its batch are done");
    println!(
        "{:<11} {:>9} {:>6} {:>14} {:>10} {:>10} {:>10} {:>10}",
        "pipeline", "interval", "load", "records/s", "p50", "p99", "p99.9", "longest"
    );
    for pipeline in PIPELINES.iter().filter(|pipeline| options.wants(pipeline)) {
        for interval in &options.intervals {
            all.push(options.latencies(pipeline, *interval));
        }
    }
    match &options.json {
        Some(path) => put_into(path, all),
        None => Ok(()),
    }
}

impl Options {
    fn wants(&self, pipeline: &Pipeline) -> bool {
        let mut names = self.pipelines.iter();
        self.pipelines.is_empty() || names.any(|name| pipeline.name.starts_with(name))
    }

    fn latencies(&self, pipeline: &Pipeline, interval: Duration) -> Latencies {
        let sustained = self.rate.unwrap_or_else(|| self.search(pipeline, interval));
        let measured = self.loads.iter().map(|load| {
            let latency = run(pipeline, interval, sustained * load, self.time).latency(*load);
            print(pipeline, interval, &latency);
            latency
        });
        Latencies {
            pipeline: pipeline.name.to_owned(),
            interval,
            sustained,
            at: measured.collect(),
        }
    }

    fn search(&self, pipeline: &Pipeline, interval: Duration) -> f64 {
        highest(FIRST_RATE, |rate| {
            let run = run(pipeline, interval, rate, self.time);
            let (rate, busy, is_sustained) = (run.rate(), run.busy(), run.is_sustained());
            let said = if is_sustained {
                "is sustained"
            } else {
                "is too much"
            };
            eprintln!(
                "{}, {interval:?}: {rate:.0} records/s {said}, busy for {:.0} % of the time",
                pipeline.name,
                busy * 100.0
            );
            Tried {
                rate,
                is_sustained,
                busy,
            }
        })
    }
}

fn print(pipeline: &Pipeline, interval: Duration, latency: &Latency) {
    let ms = |time: Duration| format!("{:.3} ms", time.as_secs_f64() * 1e3);
    println!(
        "{:<11} {:>9} {:>4.0} % {:>14.0} {:>10} {:>10} {:>10} {:>10}",
        pipeline.name,
        format!("{interval:?}"),
        latency.load * 100.0,
        latency.rate,
        ms(latency.p50),
        ms(latency.p99),
        ms(latency.p999),
        ms(latency.longest),
    );
}

/// Puts the latencies into the results of the report, in the place of those that are there.
fn put_into(path: &Path, latencies: Vec<Latencies>) -> Result<(), Box<dyn Error>> {
    let mut results = match path.exists() {
        true => Results::read(path)?,
        false => Results {
            machine: Machine::this(),
            ..Results::default()
        },
    };
    results.latencies = latencies;
    Ok(results.write(path)?)
}
