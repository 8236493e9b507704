//! Finds the highest rate that is sustained.

/// The bounds that are left of the search are so near to each other.
const PRECISION: f64 = 1.04;
/// The next rate to try is so many times the last one that was sustained, by how busy the job was.
const STEPS: (f64, f64) = (1.25, 8.0);

/// What came of a rate that was tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tried {
    /// The rate, which may differ a little from the one that was asked for.
    pub rate: f64,
    /// Whether it was sustained.
    pub is_sustained: bool,
    /// The part of the time in which the job worked.
    pub busy: f64,
}

/// The highest rate that is sustained, to some hundredths: tries higher rates up to one that is not, and
/// then halves what is between. 0 if not even a thousandth of the `first` rate is sustained.
///
/// Rates come in steps where batches have few records, so the search also ends when it would try one of its
/// bounds again.
pub fn highest(first: f64, mut attempt: impl FnMut(f64) -> Tried) -> f64 {
    let (mut low, mut high, mut rate) = (0.0, f64::INFINITY, first);
    while high > low * PRECISION && high > first / 1e3 {
        let tried = attempt(rate);
        let is_new = low < tried.rate && tried.rate < high;
        match tried.is_sustained {
            _ if !is_new => return low,
            true => low = tried.rate,
            false => high = tried.rate,
        }
        rate = next(low, high, tried.busy);
    }
    low
}

/// The rate to try between these bounds, when the job was so busy at the last one.
fn next(low: f64, high: f64, busy: f64) -> f64 {
    if high.is_infinite() {
        low * (0.9 / busy).clamp(STEPS.0, STEPS.1)
    } else if low == 0.0 {
        high / 4.0
    } else {
        (low * high).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches for a limit where rates are multiples of a step; gives what was found and how often it was
    /// tried.
    fn search(limit: f64, step: f64) -> (f64, usize) {
        let mut attempts = 0;
        let found = highest(100_000.0, |rate| {
            attempts += 1;
            let rate = (rate / step).round().max(1.0) * step;
            Tried {
                rate,
                is_sustained: rate <= limit,
                busy: rate / limit,
            }
        });
        (found, attempts)
    }

    #[test]
    fn it_comes_near_to_the_limit_from_below() {
        for limit in [900.0, 99_000.0, 3_456_789.0, 2e9] {
            let (found, attempts) = search(limit, 1.0);
            assert!(
                found <= limit && found * 1.04 >= limit,
                "{found} of {limit}"
            );
            assert!(attempts <= 14, "{attempts} for {limit}");
        }
    }

    #[test]
    fn it_ends_where_rates_come_in_steps() {
        assert_eq!(search(45_000.0, 10_000.0).0, 40_000.0);
        assert_eq!(search(10_000.0, 10_000.0).0, 10_000.0);
    }

    #[test]
    fn nothing_is_sustained_by_a_job_that_cannot() {
        assert_eq!(search(1.0, 1.0).0, 0.0);
    }
}
