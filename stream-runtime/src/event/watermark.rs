//! Watermarks: up to which time the records of an input are thought to have come.

use std::time::Duration;

use crate::shape::shape_of;
use crate::state::{Checkpoint, Draft, Malformed, Reader, StateShape};
use crate::time::BatchTime;

/// An input without records for so long is idle, unless it is said otherwise.
pub const IDLE_AFTER: Duration = Duration::from_secs(60);

/// How far the records of one `event_time` have come, after a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermark {
    /// Records before this time are thought to have come.
    pub(crate) time: BatchTime,
    /// Whether it had no records for so long that it does not hold the others back.
    pub(crate) is_idle: bool,
}

/// How far all of them have come together: as far as the last of those that are not idle. Where all
/// are idle none holds another back, so it is as far as the first: what it would be had they become
/// idle one after the other.
pub(crate) fn merged(marks: &[Watermark]) -> BatchTime {
    let active = marks.iter().filter(|mark| !mark.is_idle);
    let last = active.map(|mark| mark.time).min();
    let first = marks.iter().map(|mark| mark.time).max();
    last.or(first).unwrap_or_default()
}

/// What one `event_time` remembers.
#[derive(Debug, Default)]
pub(crate) struct InputTime {
    /// The largest time that was seen.
    latest: BatchTime,
    /// The batch that had the last record, or the first batch of all. Since batches have times after
    /// zero, zero is before the first one.
    heard: BatchTime,
}

impl InputTime {
    /// Takes in the largest time of the batch at `now`, if it had records, and tells the watermark.
    ///
    /// A time after that of the batch is taken for that of the batch: a single wrong clock must not
    /// make all records late that come after.
    pub(crate) fn advance(
        &mut self,
        now: BatchTime,
        latest: Option<BatchTime>,
        disorder: Duration,
        idle_after: Duration,
    ) -> Watermark {
        if latest.is_some() || self.heard == BatchTime::ZERO {
            self.heard = now;
        }
        let latest = latest.unwrap_or_default().min(now);
        self.latest = self.latest.max(latest);
        Watermark {
            time: self.latest - disorder,
            is_idle: now.since(self.heard) >= idle_after,
        }
    }
}

/// Two times, written whole each time.
impl Checkpoint for InputTime {
    fn shape(&self) -> StateShape {
        let time = shape_of::<BatchTime>;
        StateShape::new("watermark", time(), time())
    }

    fn delta(&mut self, out: &mut Draft) {
        out.write(&(self.latest, self.heard));
    }

    fn begin_round(&mut self) {}

    fn image(&mut self, out: &mut Draft, _: usize) -> bool {
        self.delta(out);
        true
    }

    fn apply(&mut self, part: &[u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(part);
        (self.latest, self.heard) = reader.read()?;
        reader.end()
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    const DISORDER: Duration = Duration::from_millis(100);
    const IDLE: Duration = Duration::from_secs(2);

    fn at(second: u64) -> BatchTime {
        BatchTime::from_millis(1_000 * second)
    }

    /// What each input has in each batch: the largest time, if there are records.
    type History = Vec<Vec<Option<BatchTime>>>;

    /// What an input is by itself, looked up in its history.
    fn expected(history: &History, input: usize, batch: usize) -> Watermark {
        let heard = (0..=batch).rev().find(|&at| history[at][input].is_some());
        let times = (0..=batch).filter_map(|number| {
            let time = history[number][input]?;
            Some(time.min(at(number as u64 + 1)))
        });
        Watermark {
            time: times.max().unwrap_or_default() - DISORDER,
            is_idle: batch - heard.unwrap_or(0) >= 2,
        }
    }

    /// Runs through a history, where the inputs are written and restored after each batch.
    fn check(history: &History) {
        let mut inputs: Vec<InputTime> = history[0].iter().map(|_| InputTime::default()).collect();
        let mut passed = BatchTime::ZERO;
        for (batch, row) in history.iter().enumerate() {
            let now = at(batch as u64 + 1);
            let advance = |(input, latest): (&mut InputTime, &Option<BatchTime>)| {
                input.advance(now, *latest, DISORDER, IDLE)
            };
            let marks: Vec<_> = inputs.iter_mut().zip(row).map(advance).collect();
            let wanted = (0..row.len()).map(|input| expected(history, input, batch));
            assert_eq!(marks, wanted.collect::<Vec<_>>(), "{history:?}");
            passed = passed.max(merged(&marks));
            check_merged(&marks, passed, now, history);
            inputs.iter_mut().for_each(restore);
        }
    }

    fn check_merged(marks: &[Watermark], passed: BatchTime, now: BatchTime, history: &History) {
        let (together, first) = (merged(marks), marks.iter().map(|mark| mark.time).max());
        assert!(passed <= now, "{history:?}");
        let is_held_back = |mark: &Watermark| !mark.is_idle && together > mark.time;
        assert!(!marks.iter().any(is_held_back), "{history:?}");
        // Somebody stands where they are together, and nobody who is idle holds them back.
        let of_active = |mark: &Watermark| !mark.is_idle && mark.time == together;
        if marks.iter().all(|mark| mark.is_idle) {
            // It is the same whether they became idle together or one by one.
            assert_eq!((Some(together), passed), (first, together), "{history:?}");
        } else {
            assert!(marks.iter().any(of_active), "{history:?}");
        }
    }

    fn restore(input: &mut InputTime) {
        let (mut delta, mut image) = (Draft::default(), Draft::default());
        input.delta(&mut delta);
        assert!(input.image(&mut image, 0));
        *input = InputTime::default();
        input.apply(&image.into_bytes()).unwrap();
        input.apply(&delta.into_bytes()).unwrap();
        assert!(input.apply(&[]).is_err());
    }

    #[test]
    fn two_inputs_in_all_short_histories() {
        // Nothing, an old record, one of now, one from a clock that is wrong.
        let choices = |batch: u64| [None, Some(at(1)), Some(at(batch)), Some(at(1_000_000))];
        let (batches, inputs) = (4, 2);
        for number in 0..4u32.pow(batches * inputs) {
            let mut digits = (0..).map(|place| (number >> (2 * place)) as usize % 4);
            let rows = (1..=u64::from(batches)).map(|batch| {
                let row = (0..inputs).map(|_| choices(batch)[digits.next().unwrap()]);
                row.collect()
            });
            check(&rows.collect());
        }
    }

    #[test]
    fn several_inputs_in_long_histories() {
        for seed in 0..300 {
            let mut rng = Rng::with_seed(seed);
            let inputs = rng.usize(1..5);
            let rows = (1..30).map(|batch| {
                let row = (0..inputs).map(|_| (rng.u8(..3) == 0).then(|| at(rng.u64(..batch + 2))));
                row.collect()
            });
            check(&rows.collect());
        }
    }
}
