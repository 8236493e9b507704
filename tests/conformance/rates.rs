//! The cases of Spark's `PIDRateEstimatorSuite` and `RateLimiterSuite`.

use std::time::Duration;

use stream_runtime::BatchTime;
use stream_runtime::rate::{Pid, PidEstimator};
use stream_runtime::receiver::{Rng, Source, channel};

use crate::case::Case;

pub(crate) const CASES: &[(&str, fn(&Case))] = &[
    ("pid.first_none", estimates),
    ("pid.second", estimates),
    ("pid.same_time", estimates),
    ("pid.min_rate", estimates),
    ("pid.follow_up", estimates),
    ("pid.below_speed", below_speed),
    ("rate.no_max", limit),
    ("rate.below_max", limit),
];

/// A batch: when it was due, its records, and for how long it was processed and had waited.
type Call = (u64, u64, u64, u64);

fn compute(
    estimator: &mut PidEstimator,
    (time, elements, processing, waiting): Call,
) -> Option<f64> {
    estimator.compute(
        BatchTime::from_millis(time),
        elements,
        Duration::from_millis(processing),
        Duration::from_millis(waiting),
    )
}

fn number(case: &Case, name: &str) -> f64 {
    let number = case.params[name].as_f64();
    number.unwrap_or_else(|| panic!("{} has no number {name}", case.id))
}

fn estimator(case: &Case) -> PidEstimator {
    let pid = Pid::default()
        .proportional(number(case, "proportional"))
        .integral(number(case, "integral"))
        .derived(number(case, "derivative"))
        .min_rate(number(case, "min_rate"));
    let batch_interval = Duration::from_millis(number(case, "batch_ms") as u64);
    PidEstimator::new(pid, batch_interval).expect("the settings can work")
}

fn estimates(case: &Case) {
    let calls: Vec<Call> = serde_json::from_value(case.input().clone()).expect("batches");
    let expected = case.expected_batches.clone().expect("the case has answers");
    let expected: Vec<Option<f64>> = serde_json::from_value(expected).expect("rates");
    let mut estimator = estimator(case);
    let rates: Vec<Option<f64>> = calls
        .into_iter()
        .map(|call| compute(&mut estimator, call))
        .collect();
    assert_eq!(rates, expected, "{}", case.id);
}

/// The case gives ranges, from which Spark's test draws.
fn below_speed(case: &Case) {
    for seed in 0..100 {
        let (mut rng, mut estimator) = (Rng::with_seed(seed), estimator(case));
        let interval = number(case, "batch_ms") as u64;
        for batch in 0..50 {
            let (elements, waiting) = (rng.u64(1_000..2_000), rng.u64(1..20));
            let call = (interval * batch, elements, interval, waiting);
            let rate = compute(&mut estimator, call);
            let speed = elements as f64 * 1_000.0 / interval as f64;
            match rate {
                None => assert_eq!(batch, 0, "{}", case.id),
                Some(rate) => {
                    let range = number(case, "min_rate")..speed;
                    assert!(range.contains(&rate), "{}: {rate}, {range:?}", case.id);
                }
            }
        }
    }
}

/// What the user allows and what the job asks for are a channel's here.
fn limit(case: &Case) {
    let (_sender, source) = channel::<u64>(1);
    let mut source = match case.params["max_rate"].as_f64() {
        Some(most) => source.max_rate(most),
        None => source,
    };
    source.set_rate(Some(number(case, "update")));
    let limit = source.status().and_then(|status| status.rate_limit);
    assert_eq!(limit, case.expected["limit"].as_f64(), "{}", case.id);
}
