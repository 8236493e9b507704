//! How long records take at a given rate.

use super::numbers::{time, whole};
use super::page::{Piece, Table};
use crate::latency::{Latencies, Latency};

const ABOUT: &str = "From when a record is due to when the outputs of its batch are done, on two threads. \
                     Records are due at an even rate whether or not the job keeps up, so a slow batch counts \
                     for all records behind it. The load is the part of the highest rate at which what is \
                     waiting does not grow.";

/// What the page says of them.
pub(super) fn pieces(latencies: &[Latencies]) -> Vec<Piece> {
    if latencies.is_empty() {
        return Vec::new();
    }
    let titles = [
        "pipeline",
        "batch interval",
        "load",
        "records/s",
        "p50",
        "p99",
        "p99.9",
        "longest",
    ];
    let mut table = Table::of_numbers(titles);
    for of_interval in latencies {
        for latency in &of_interval.at {
            table.row(row(of_interval, latency));
        }
    }
    let about = Piece::Paragraph(ABOUT.to_owned());
    vec![Piece::heading(2, "Latency"), about, Piece::Table(table)]
}

fn row(of: &Latencies, latency: &Latency) -> Vec<String> {
    vec![
        of.pipeline.clone(),
        time(of.interval),
        format!("{:.0} %", latency.load * 100.0),
        whole(latency.rate as u64),
        time(latency.p50),
        time(latency.p99),
        time(latency.p999),
        time(latency.longest),
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_row_has_its_interval_and_its_load() {
        let latency = Latency {
            load: 0.5,
            rate: 2_000_000.0,
            p50: Duration::from_micros(600),
            p99: Duration::from_micros(1_200),
            p999: Duration::from_micros(2_500),
            longest: Duration::from_millis(4),
        };
        let latencies = Latencies {
            pipeline: "word count".to_owned(),
            interval: Duration::from_millis(1),
            sustained: 4_000_000.0,
            at: vec![latency],
        };
        let pieces = pieces(&[latencies]);
        let Piece::Table(table) = &pieces[2] else {
            panic!("{pieces:?}")
        };
        assert_eq!(
            table.rows[0].cells,
            [
                "word count",
                "1.00 ms",
                "50 %",
                "2,000,000",
                "600 µs",
                "1.20 ms",
                "2.50 ms",
                "4.00 ms"
            ]
        );
    }
}
