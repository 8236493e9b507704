//! The metrics as Prometheus scrapes them: the monitor's table, handed to an exporter.
//!
//! Counters and gauges are set from the table when somebody asks. Histograms are the exporter's own:
//! a listener records the delays of each batch.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metrics::{Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use metrics_util::MetricKindMask;

use crate::error::{Error, Result};
use crate::job::Job;
use crate::listener::Listener;
use crate::metrics::BatchInfo;
use crate::monitor::families::{PROCESSING, SCHEDULING_DELAY, TOTAL_DELAY};
use crate::monitor::{DELAY_BOUNDS_US, Family, Kind, Metrics, Sample};

/// After how many batches the exporter counts the delays that were recorded. Until then it keeps each
/// of them, unless somebody asks, which need never happen.
const COUNT_AFTER: u32 = 256;

const METADATA: Metadata<'static> = Metadata::new("stream", Level::INFO, None);

type DelayOf = fn(&BatchInfo) -> Duration;

/// The histograms with what they count.
const DELAYS: [(&str, DelayOf); 3] = [
    (SCHEDULING_DELAY, |batch| batch.scheduling_delay),
    (PROCESSING, |batch| batch.processing_time),
    (TOTAL_DELAY, BatchInfo::total_delay),
];

/// Prometheus' exporter for one job. It is not the global one, which belongs to the program.
#[derive(Debug)]
pub(super) struct Exporter {
    /// One scrape at a time: what was not set since the last one is gone.
    recorder: Mutex<PrometheusRecorder>,
}

/// Records the delays of each completed batch.
struct DelayListener {
    histograms: [(Histogram, DelayOf); 3],
    exporter: PrometheusHandle,
    uncounted: u32,
}

impl Exporter {
    /// An exporter that counts the delays of `job` from its start on.
    ///
    /// # Errors
    ///
    /// When the exporter does not take the bounds of the delays.
    pub(super) fn of(job: &Job) -> Result<Self> {
        let recorder = recorder().map_err(|error| Error::Config(error.to_string()))?;
        let listener = DelayListener::new(&recorder, job.plan.pipeline);
        job.settings.listeners.add(listener);
        Ok(Self {
            recorder: Mutex::new(recorder),
        })
    }

    /// The text that Prometheus scrapes, in its format 0.0.4.
    pub(super) fn text(&self, metrics: &Metrics) -> String {
        let recorder = self.recorder.lock();
        let recorder = recorder.unwrap_or_else(PoisonError::into_inner);
        for family in &metrics.families {
            set(&recorder, family);
        }
        recorder.handle().render()
    }
}

/// Gauges last from one scrape to the next: without a batch under way there is nothing to say of it.
fn recorder() -> std::result::Result<PrometheusRecorder, BuildError> {
    let bounds = DELAY_BOUNDS_US.map(|bound| Duration::from_micros(bound).as_secs_f64());
    let mut builder =
        PrometheusBuilder::new().idle_timeout(MetricKindMask::GAUGE, Some(Duration::ZERO));
    for (name, _) in DELAYS {
        builder = builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), &bounds)?;
    }
    Ok(builder.build_recorder())
}

/// Gives a family its numbers; a histogram has its own.
fn set(recorder: &PrometheusRecorder, family: &Family) {
    let (name, help) = (family.name.into(), family.help.into());
    match family.kind {
        Kind::Counter => recorder.describe_counter(name, None, help),
        Kind::Gauge => recorder.describe_gauge(name, None, help),
        Kind::Histogram => return recorder.describe_histogram(name, None, help),
    }
    for sample in &family.samples {
        let key = key(family.name, sample);
        if family.kind == Kind::Counter {
            let counter = recorder.register_counter(&key, &METADATA);
            // Counters are whole numbers. An estimate that was corrected downwards stays as it was: to
            // Prometheus a counter that falls has begun anew.
            counter.absolute(sample.value as u64);
        } else {
            recorder.register_gauge(&key, &METADATA).set(sample.value);
        }
    }
}

fn key(name: &'static str, sample: &Sample) -> Key {
    let labels = sample.labels.iter();
    let labels = labels.map(|(label, value)| Label::new(*label, value.clone()));
    Key::from_parts(name, labels.collect::<Vec<_>>())
}

impl DelayListener {
    fn new(recorder: &PrometheusRecorder, pipeline: &'static str) -> Self {
        let histograms = DELAYS.map(|(name, delay)| {
            let key = Key::from_parts(name, vec![Label::new("pipeline", pipeline)]);
            (recorder.register_histogram(&key, &METADATA), delay)
        });
        Self {
            histograms,
            exporter: recorder.handle(),
            uncounted: 0,
        }
    }
}

impl Listener for DelayListener {
    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        for (histogram, delay) in &self.histograms {
            histogram.record(delay(batch));
        }
        self.uncounted += 1;
        if self.uncounted == COUNT_AFTER {
            self.exporter.run_upkeep();
            self.uncounted = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::completed;

    fn family(name: &'static str, kind: Kind, samples: &[(&str, f64)]) -> Family {
        let samples = samples.iter().map(|(label, value)| Sample {
            suffix: "",
            labels: vec![("of", (*label).to_owned())],
            value: *value,
        });
        Family {
            name,
            help: "Two\nlines.",
            kind,
            samples: samples.collect(),
        }
    }

    #[test]
    fn a_scrape_has_what_holds_now_and_nothing_of_the_last_one() {
        let recorder = recorder().unwrap();
        let exporter = Exporter {
            recorder: Mutex::new(recorder),
        };
        let scrape = |count, gauges: &[(&str, f64)]| {
            let count = family("a_total", Kind::Counter, &[("a \"b\" \\ c\n", count)]);
            let families = vec![count, family("b_seconds", Kind::Gauge, gauges)];
            let text = exporter.text(&Metrics { families });
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.retain(|line| !line.is_empty());
            lines.sort();
            lines
        };
        let count = "a_total{of=\"a \\\"b\\\" \\\\ c\\n\"}";
        assert_eq!(
            scrape(1.0, &[("x", 0.25), ("y", -1.0)]),
            [
                "# HELP a_total Two\\nlines.",
                "# HELP b_seconds Two\\nlines.",
                "# TYPE a_total counter",
                "# TYPE b_seconds gauge",
                &format!("{count} 1"),
                "b_seconds{of=\"x\"} 0.25",
                "b_seconds{of=\"y\"} -1",
            ]
        );
        // The same number once more is no reason to leave it out.
        assert_eq!(
            scrape(1e6, &[("x", 0.25)])[4..],
            [&format!("{count} 1000000"), "b_seconds{of=\"x\"} 0.25"]
        );
        assert!(!scrape(1e6, &[]).concat().contains("b_seconds"));
        assert_eq!(scrape(1e6, &[("y", 2.0)])[5], "b_seconds{of=\"y\"} 2");
    }

    #[test]
    fn delays_are_counted_by_their_bounds_whether_somebody_asks_or_not() {
        let recorder = recorder().unwrap();
        let mut listener = DelayListener::new(&recorder, "p");
        let render = || recorder.handle().render();
        let none = "stream_batch_processing_seconds_bucket{pipeline=\"p\",le=\"+Inf\"} 0\n";
        assert!(render().contains(none), "{}", render());
        for _ in 0..COUNT_AFTER {
            listener.on_batch_completed(&completed(1, 10, 1));
        }
        assert_eq!(listener.uncounted, 0);
        listener.on_batch_completed(&completed(1, 0, 90_000));
        for line in [
            "scheduling_delay_seconds_bucket{pipeline=\"p\",le=\"0.005\"} 1",
            "scheduling_delay_seconds_bucket{pipeline=\"p\",le=\"0.01\"} 257",
            "processing_seconds_bucket{pipeline=\"p\",le=\"0.0005\"} 0",
            "processing_seconds_bucket{pipeline=\"p\",le=\"0.001\"} 256",
            "processing_seconds_bucket{pipeline=\"p\",le=\"60\"} 256",
            "processing_seconds_bucket{pipeline=\"p\",le=\"+Inf\"} 257",
            "total_delay_seconds_bucket{pipeline=\"p\",le=\"0.025\"} 256",
            "total_delay_seconds_count{pipeline=\"p\"} 257",
        ] {
            let line = format!("\nstream_batch_{line}\n");
            assert!(render().contains(&line), "{line}{}", render());
        }
    }
}
