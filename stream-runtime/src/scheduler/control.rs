//! How fast inputs may be, and how long batches are: chosen from batch to batch.

use std::time::Duration;

use super::cadence::Pace;
use crate::error::{Error, Result};
use crate::input::AnyInput;
use crate::job::Settings;
use crate::metrics::BatchInfo;
use crate::rate::{FixedPoint, PidEstimator, RateSettings};

/// The rates of the inputs, one estimator each.
#[derive(Debug, Default)]
pub(super) struct RateControl {
    estimators: Vec<PidEstimator>,
}

impl RateControl {
    /// Begins with the rate that the user wants for each of the inputs.
    ///
    /// # Errors
    ///
    /// When the gains cannot work.
    pub(super) fn new(
        settings: Option<RateSettings>,
        interval: Duration,
        inputs: &mut [Box<dyn AnyInput>],
    ) -> Result<Self> {
        let Some(settings) = settings else {
            return Ok(Self::default());
        };
        if settings.initial.is_some() {
            inputs
                .iter_mut()
                .for_each(|input| input.set_rate(settings.initial));
        }
        let estimators = inputs
            .iter()
            .map(|_| PidEstimator::new(settings.pid, interval));
        Ok(Self {
            estimators: estimators.collect::<Result<_>>()?,
        })
    }

    /// Sets the rate of each input by what the batch has taken.
    pub(super) fn adapt(&mut self, batch: &BatchInfo, inputs: &mut [Box<dyn AnyInput>]) {
        for ((estimator, input), info) in self.estimators.iter_mut().zip(inputs).zip(&batch.inputs)
        {
            let rate = estimator.compute(
                batch.ended,
                info.records,
                batch.processing_time,
                batch.scheduling_delay,
            );
            if rate.is_some() {
                tracing::debug!(input = info.name, ?rate, "a new rate");
                input.set_rate(rate);
            }
        }
    }
}

/// How the batch interval is chosen.
///
/// # Errors
///
/// When what the user wants of rates and intervals cannot work, or not together.
pub(super) fn pace(settings: &mut Settings) -> Result<Pace> {
    if let Some(lead) = settings.lead.take() {
        return Ok(Pace::Led(lead));
    }
    match (settings.longest_interval, &settings.rates) {
        (Some(_), Some(_)) => Err(Error::Config(
            "a rate control and an adaptive batch interval work against each other: choose one"
                .to_owned(),
        )),
        (Some(longest), None) => {
            FixedPoint::between(settings.batch_interval, longest).map(Pace::Adaptive)
        }
        (None, _) => Ok(Pace::Fixed),
    }
}
