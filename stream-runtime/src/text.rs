//! Numbers and times for people.

use std::time::Duration;

/// A number with its thousands apart: `1,234,567`.
pub(crate) fn number(number: u64) -> String {
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

/// How many batches: `1 batch`, `2 batches`.
pub(crate) fn batches(count: u64) -> String {
    let plural = if count == 1 { "" } else { "es" };
    format!("{} batch{plural}", number(count))
}

/// A time to about three digits: `214 µs`, `3.25 ms`, `12.7 s`, `4 min 5 s`.
pub(crate) fn time(time: Duration) -> String {
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
}
