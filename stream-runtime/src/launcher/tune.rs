//! What `tune` has found, for people.

use std::fmt::Write;
use std::time::Duration;

use super::text;
use crate::rate::{Trial, Verdict};
use crate::text::{number, time};
use crate::tuning::{Advice, Tuning};

/// What was tried, and what to do.
pub(super) fn text(tuning: &Tuning) -> String {
    let mut text = match tuning.trials.is_empty() {
        true => String::new(),
        false => table(&tuning.trials) + "\n",
    };
    text += &why(tuning);
    text += &match tuning.advice {
        Advice::Take(interval) => take(tuning, interval),
        Advice::Unsustainable { incoming, capacity } => unsustainable(incoming, capacity),
        Advice::Unfinished { stable } => unfinished(stable),
    };
    text
}

fn table(trials: &[Trial]) -> String {
    let columns = [
        "interval",
        "batches",
        "records/s",
        "processing time",
        "total delay",
    ];
    let mut table = line(columns.map(str::to_owned), "");
    for trial in trials {
        let verdict = match trial.verdict {
            Verdict::Stable => "  stable",
            Verdict::FallsBehind => "  falls behind",
        };
        let columns = [
            setting(trial.interval),
            number(trial.batches),
            number(trial.incoming().round() as u64),
            time(trial.processing_time),
            time(trial.total_delay),
        ];
        table += &line(columns, verdict);
    }
    table
}

fn line([interval, batches, rate, processing, delay]: [String; 5], verdict: &str) -> String {
    format!("{interval:>10} {batches:>9} {rate:>12} {processing:>16} {delay:>12}{verdict}\n")
}

/// What a batch costs, by the two shortest intervals.
fn why(tuning: &Tuning) -> String {
    let mut trials: Vec<&Trial> = tuning.trials.iter().collect();
    trials.sort_by_key(|trial| trial.interval);
    let [short, long, ..] = trials[..] else {
        return String::new();
    };
    let longer = long.interval.saturating_sub(short.interval).as_secs_f64();
    let more = long.processing_time.saturating_sub(short.processing_time);
    let each = more.as_secs_f64() / longer.max(1e-6);
    let fixed = short
        .processing_time
        .saturating_sub(short.interval.mul_f64(each));
    let (fixed, each) = (time(fixed), time(Duration::from_secs_f64(each)));
    format!("a batch takes about {fixed}, and {each} for each second that it covers\n")
}

fn take(tuning: &Tuning, interval: Duration) -> String {
    let to_spare = tuning.stable().map_or(0.0, |trial| 1.0 - trial.load());
    let setting = setting(interval);
    let command_line = format!("--batch-interval {setting}");
    let program = format!("#[batch({setting})]");
    let mut text = format!(
        "the shortest batch interval that keeps up, with {:.0} % to spare:\n  {command_line:<26}on the command line\n  {program:<26}in the program\n",
        100.0 * to_spare
    );
    if tuning.trials.iter().all(|trial| trial.records == 0) {
        text += "but no records came in: tune it again when they do\n";
    }
    text
}

fn unsustainable(incoming: f64, capacity: f64) -> String {
    let mut text = "no batch interval keeps up: ".to_owned();
    let (incoming, capacity) = (text::rate(incoming), text::rate(capacity));
    let _ = writeln!(
        text,
        "{incoming} come in, and the job can process {capacity} with the longest"
    );
    text + "what helps:
  more threads, with --threads, and as many partitions
  less work for each record: filter early, combine before a shuffle; --log debug shows what takes long
  a rate control, which makes the sources wait: Job::rate_control
"
}

fn unfinished(stable: Option<Duration>) -> String {
    match stable.map(setting) {
        Some(interval) => format!(
            "ended before the shortest one was known; this one keeps up:\n  --batch-interval {interval}\n"
        ),
        None => "ended before anything was known\n".to_owned(),
    }
}

/// A duration as it is written on the command line and in a program.
fn setting(duration: Duration) -> String {
    let micros = duration.as_micros();
    if micros.is_multiple_of(1_000_000) {
        format!("{}s", micros / 1_000_000)
    } else if micros.is_multiple_of(1_000) {
        format!("{}ms", micros / 1_000)
    } else {
        format!("{micros}us")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// A trial of a thousand records a second, which takes 10 ms and two tenths.
    fn trial(interval: u64, verdict: Verdict) -> Trial {
        let time = ms(10 + interval / 5);
        Trial {
            interval: ms(interval),
            batches: 5,
            records: 5 * interval,
            processing_time: time,
            total_delay: time,
            verdict,
        }
    }

    fn tuning(advice: Advice) -> Tuning {
        let trials = vec![
            trial(5_000, Verdict::Stable),
            trial(15, Verdict::Stable),
            trial(10, Verdict::FallsBehind),
        ];
        Tuning { trials, advice }
    }

    #[test]
    fn it_shows_what_was_tried_and_what_to_write_where() {
        let expected = "  interval   batches    records/s  processing time  total delay
        5s         5        1,000           1.01 s       1.01 s  stable
      15ms         5        1,000          13.0 ms      13.0 ms  stable
      10ms         5        1,000          12.0 ms      12.0 ms  falls behind

a batch takes about 10.0 ms, and 200 ms for each second that it covers
the shortest batch interval that keeps up, with 13 % to spare:
  --batch-interval 15ms     on the command line
  #[batch(15ms)]            in the program
";
        assert_eq!(text(&tuning(Advice::Take(ms(15)))), expected);
    }

    #[test]
    fn it_says_what_helps_and_what_is_not_known() {
        let advice = Advice::Unsustainable {
            incoming: 1_500.4,
            capacity: 999.6,
        };
        let lines = text(&tuning(advice));
        assert!(lines.contains("1,500 records/s come in, and the job can process 1,000 records/s"));
        assert!(lines.contains("\n  more threads, "), "{lines}");
        let stable = Advice::Unfinished {
            stable: Some(ms(5_000)),
        };
        assert!(text(&tuning(stable)).ends_with("this one keeps up:\n  --batch-interval 5s\n"));
        let nothing = Tuning {
            trials: Vec::new(),
            advice: Advice::Unfinished { stable: None },
        };
        assert_eq!(text(&nothing), "ended before anything was known\n");
        let mut silent = tuning(Advice::Take(ms(15)));
        silent.trials.iter_mut().for_each(|trial| trial.records = 0);
        assert!(text(&silent).ends_with("tune it again when they do\n"));
    }

    #[test]
    fn an_interval_has_one_unit() {
        let settings = [60_000, 1_500_000, 2_000_000, 250];
        let settings = settings.map(|micros| setting(Duration::from_micros(micros)));
        assert_eq!(settings, ["60ms", "1500ms", "2s", "250us"]);
    }
}
