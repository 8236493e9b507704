//! Metrics: numbers with names and labels, as Prometheus has them.

use serde::Serialize;

use super::families::families;
use super::live::Live;
use super::view::BatchView;

/// The metrics of a job at one moment.
///
/// Names follow Prometheus' conventions: they begin with `stream_` and end with their unit,
/// `_seconds`, `_bytes` or `_total` for what only grows. All have the label `pipeline`, and those of
/// a part of the job `input`, `stage`, `output`, `state` or `operator`. serde writes them as JSON;
/// with the feature `dashboard` a web page has them at `/metrics` as text, for Prometheus to scrape.
///
/// Spark's gauges are all here: `totalCompletedBatches` is `stream_batches_completed_total`,
/// `lastCompletedBatch_processingDelay` is `stream_last_completed_batch_processing_seconds`, and so
/// on; its times are seconds since the epoch.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Metrics {
    /// The families, in a fixed order.
    pub families: Vec<Family>,
}

/// All metrics of one name.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Family {
    /// The name.
    pub name: &'static str,
    /// What it means.
    pub help: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// Its numbers.
    pub samples: Vec<Sample>,
}

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// It only grows, from zero at the start of the job.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Durations, counted by length.
    Histogram,
}

/// One number of a family.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Sample {
    /// What is added to the name: `_bucket`, `_sum` or `_count` of a histogram, else nothing.
    pub suffix: &'static str,
    /// The labels with their values.
    pub labels: Vec<(&'static str, String)>,
    /// The number.
    pub value: f64,
}

impl Metrics {
    /// The metrics of a job, and of its newest completed batch.
    pub(super) fn of(live: &Live, newest: Option<&BatchView>) -> Self {
        let mut families = families(live, newest);
        let pipeline = live.job.pipeline;
        let samples = families.iter_mut().flat_map(|family| &mut family.samples);
        for sample in samples {
            sample.labels.insert(0, ("pipeline", pipeline.to_owned()));
        }
        Self { families }
    }
}
