//! Numbers for people: as many digits as they are worth.

use std::time::Duration;

use crate::measure::Estimate;

/// Three digits, with the thousands apart: `0.0123`, `1.23`, `12.3`, `1,234`.
pub(super) fn short(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    match value.abs() {
        100.0.. => thousands(value.round() as i64),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        0.0 => "0".to_owned(),
        small => {
            let digits = 2 - small.log10().floor() as i32;
            format!("{value:.*}", digits as usize)
        }
    }
}

/// With the thousands apart.
fn thousands(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::from(if value < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A whole number.
pub(super) fn whole(value: u64) -> String {
    thousands(value as i64)
}

/// A ratio: two decimals, or as many digits as are worth it.
pub(super) fn ratio(value: f64) -> String {
    if value.abs() < 1.0 {
        format!("{value:.2}")
    } else {
        short(value)
    }
}

/// `12.3 (12.1–12.9)`.
pub(super) fn with_interval(estimate: Estimate, number: fn(f64) -> String) -> String {
    let Estimate { low, median, high } = estimate;
    format!("{} ({}–{})", number(median), number(low), number(high))
}

/// Bytes, in the largest unit that leaves a whole one: `1.50 MiB`.
pub(super) fn bytes(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    match (bytes.max(1).ilog2() / 10).min(4) {
        0 => format!("{bytes} B"),
        power => {
            let value = bytes as f64 / 1024f64.powi(power as i32);
            format!("{} {}", short(value), units[power as usize])
        }
    }
}

/// A time: `87.0 µs`, `1.20 ms`.
pub(super) fn time(time: Duration) -> String {
    let nanos = time.as_nanos() as f64;
    match nanos {
        1e9.. => format!("{} s", short(nanos / 1e9)),
        1e6.. => format!("{} ms", short(nanos / 1e6)),
        _ => format!("{} µs", short(nanos / 1e3)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_or_all_of_a_whole_number() {
        let values = [
            0.0,
            0.012_34,
            0.5,
            1.234,
            12.34,
            123.4,
            1_234_567.8,
            -4_321.0,
        ];
        assert_eq!(
            values.map(short),
            [
                "0",
                "0.0123",
                "0.500",
                "1.23",
                "12.3",
                "123",
                "1,234,568",
                "-4,321"
            ]
        );
        assert_eq!(short(f64::INFINITY), "–");
        assert_eq!([0.954, 1.1, 31.26].map(ratio), ["0.95", "1.10", "31.3"]);
    }

    #[test]
    fn units_fit() {
        let sizes = [0, 1, 1_023, 1_536, 3 << 20, 5 << 30, 7 << 40];
        assert_eq!(
            sizes.map(bytes),
            [
                "0 B", "1 B", "1023 B", "1.50 KiB", "3.00 MiB", "5.00 GiB", "7.00 TiB"
            ]
        );
        let times = [1_500, 87_000, 1_200_000, 2_000_000_000];
        assert_eq!(
            times.map(|nanos| time(Duration::from_nanos(nanos))),
            ["1.50 µs", "87.0 µs", "1.20 ms", "2.00 s"]
        );
    }

    #[test]
    fn an_interval_stands_behind_its_median() {
        let estimate = Estimate {
            low: 0.9,
            median: 1.0,
            high: 1.25,
        };
        assert_eq!(with_interval(estimate, ratio), "1.00 (0.90–1.25)");
    }
}
