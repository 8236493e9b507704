//! Families and samples of each kind.

use super::delays::{DELAY_BOUNDS_US, Histogram};
use super::metrics::{Family, Kind, Sample};

pub(super) fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

pub(super) fn sample(labels: Vec<(&'static str, String)>, value: f64) -> Sample {
    Sample {
        suffix: "",
        labels,
        value,
    }
}

pub(super) fn labelled(label: &'static str, name: &str, value: f64) -> Sample {
    sample(vec![(label, name.to_owned())], value)
}

pub(super) fn gauge(name: &'static str, help: &'static str, value: f64) -> Family {
    gauges(name, help, vec![sample(Vec::new(), value)])
}

/// A gauge that may have no value yet.
pub(super) fn maybe(name: &'static str, help: &'static str, value: Option<f64>) -> Family {
    let samples = value.map(|value| sample(Vec::new(), value));
    gauges(name, help, samples.into_iter().collect())
}

pub(super) fn gauges(name: &'static str, help: &'static str, samples: Vec<Sample>) -> Family {
    Family {
        name,
        help,
        kind: Kind::Gauge,
        samples,
    }
}

pub(super) fn counter(name: &'static str, help: &'static str, value: u64) -> Family {
    counters(name, help, vec![sample(Vec::new(), value as f64)])
}

pub(super) fn counters(name: &'static str, help: &'static str, samples: Vec<Sample>) -> Family {
    Family {
        name,
        help,
        kind: Kind::Counter,
        samples,
    }
}

/// Prometheus' buckets are cumulative, and the last one has all.
pub(super) fn histogram(name: &'static str, help: &'static str, histogram: &Histogram) -> Family {
    let bounds = DELAY_BOUNDS_US
        .iter()
        .map(|bound| seconds(*bound).to_string());
    let bounds = bounds.chain(["+Inf".to_owned()]);
    let mut count = 0;
    let buckets = bounds.zip(histogram.counts).map(|(bound, more)| {
        count += more;
        Sample {
            suffix: "_bucket",
            ..labelled("le", &bound, count as f64)
        }
    });
    let mut samples: Vec<Sample> = buckets.collect();
    for (suffix, value) in [
        ("_sum", seconds(histogram.sum_us)),
        ("_count", count as f64),
    ] {
        samples.push(Sample {
            suffix,
            ..sample(Vec::new(), value)
        });
    }
    Family {
        name,
        help,
        kind: Kind::Histogram,
        samples,
    }
}
