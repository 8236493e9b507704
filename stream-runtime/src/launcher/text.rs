//! Numbers and times for people.

use std::time::Duration;

use crate::metrics::Summary;
use crate::progress::{At, Running, Snapshot};

/// A number with its thousands apart: `1,234,567`.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How many of something: `1 batch`, `2 batches`.
fn batches(count: u64) -> String {
    let plural = if count == 1 { "" } else { "es" };
    format!("{} batch{plural}", number(count))
}

/// A time to about three digits: `214 µs`, `3.25 ms`, `12.7 s`, `4 min 5 s`.
pub(super) fn time(time: Duration) -> String {
    let micros = time.as_micros();
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{} ms", three_digits(time.as_secs_f64() * 1e3)),
        1_000_000..60_000_000 => format!("{} s", three_digits(time.as_secs_f64())),
        _ => humantime::format_duration(Duration::from_secs(time.as_secs())).to_string(),
    }
}

fn three_digits(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

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

/// What a batch that takes long is at.
pub(super) fn slow(running: &Running, waiting: u64) -> String {
    let mut text = format!(
        "the batch of {} has been running for {}",
        running.time,
        time(running.elapsed)
    );
    if let Some(at) = &running.at {
        text += &format!(", now in {} for {}", at.site, time(at.elapsed));
        text += &tasks(at);
    }
    if waiting > 0 {
        text += &format!("; {} waiting", number(waiting));
    }
    text
}

/// What a stage that takes long has before it, and where it has not come to its end.
fn tasks(at: &At) -> String {
    if at.tasks == 0 {
        return String::new();
    }
    let partitions: Vec<String> = at.partitions.iter().take(8).map(usize::to_string).collect();
    let more = if at.partitions.len() > 8 { ", …" } else { "" };
    format!(
        ", with {} records in {} partitions, of which not done: {}{more}",
        number(at.records),
        number(at.tasks as u64),
        partitions.join(", "),
    )
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
    fn thousands_stand_apart() {
        let numbers = [0, 12, 999, 1_000, 1_234_567].map(number);
        assert_eq!(numbers, ["0", "12", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn times_have_three_digits_and_a_unit() {
        let times = [
            0,
            214,
            3_250,
            42_100,
            127_000,
            1_500_000,
            12_700_000,
            245_900_000,
        ];
        assert_eq!(
            times.map(|micros| time(Duration::from_micros(micros))),
            [
                "0 µs", "214 µs", "3.25 ms", "42.1 ms", "127 ms", "1.50 s", "12.7 s", "4m 5s"
            ]
        );
    }

    #[test]
    fn a_summary_of_nothing_has_no_means() {
        assert_eq!(
            summary(&Summary::default(), true),
            "done: 0 batches, 0 records in 0 µs, 0 records/s"
        );
    }
}
