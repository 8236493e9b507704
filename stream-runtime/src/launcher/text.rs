//! What the launcher says of a job.

use crate::metrics::Summary;
use crate::progress::Snapshot;
use crate::text::{batches, number, time};

pub(super) fn rate(records_per_second: f64) -> String {
    // A rate is never negative, and beyond 2^53 nobody counts.
    format!("{} records/s", number(records_per_second.round() as u64))
}

/// The status line.
pub(super) fn status(now: &Snapshot, records_per_second: f64) -> String {
    let mut text = format!(
        "{} | {}",
        batches(now.summary.batches),
        rate(records_per_second)
    );
    if let Some(last) = &now.last {
        text += &format!(
            " | processing {} | scheduling delay {} | total delay {}",
            time(last.processing_time),
            time(last.scheduling_delay),
            time(last.total_delay())
        );
    }
    text += &format!(" | {} waiting", number(now.waiting));
    text
}

/// The last words of a job.
pub(super) fn summary(summary: &Summary, ended_well: bool) -> String {
    let what = if ended_well { "done" } else { "failed" };
    let mut text = format!(
        "{what}: {}, {} records in {}, {}",
        batches(summary.batches),
        number(summary.records),
        time(summary.elapsed),
        rate(summary.records_per_second())
    );
    if summary.batches > 0 {
        text += &format!(
            "\nmean processing time {}, total delay {} on average and {} at most",
            time(summary.processing_time_mean()),
            time(summary.total_delay_mean()),
            time(summary.total_delay_max)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_of_nothing_has_no_means() {
        assert_eq!(
            summary(&Summary::default(), true),
            "done: 0 batches, 0 records in 0 µs, 0 records/s"
        );
    }
}
