//! How much an inbox holds, and how what comes in is cut.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::receiver::SourceContext;
use crate::time::{BatchEnds, BatchTime};

/// How much an inbox holds, and how it cuts single records into blocks.
#[derive(Debug, Clone, Copy)]
pub(in crate::receiver) struct Rules {
    pub(in crate::receiver) bound: Bound,
    /// A block takes records for at most this long.
    pub(in crate::receiver) block_interval: Duration,
    /// A block is full when it has this many bytes.
    pub(in crate::receiver) block_bytes: usize,
    /// So many records may come in a second, whatever the job asks for.
    pub(in crate::receiver) max_rate: Option<f64>,
}

impl Rules {
    /// Whether these can work, for the input of this name.
    pub(in crate::receiver) fn check(&self, input: &str) -> Result<()> {
        match self.max_rate {
            Some(rate) if rate.is_nan() || rate <= 0.0 => Err(Error::Config(format!(
                "input `{input}` cannot have at most {rate} records a second: give it more than zero with `max_rate`, or leave that out"
            ))),
            _ => Ok(()),
        }
    }
}

/// How much may be in flight.
#[derive(Debug, Clone, Copy)]
pub(in crate::receiver) enum Bound {
    Bytes(usize),
    Records(usize),
}

impl Bound {
    pub(super) fn most(self) -> usize {
        match self {
            Self::Bytes(most) | Self::Records(most) => most,
        }
    }
}

/// The job's batches in time.
#[derive(Debug, Clone)]
pub(in crate::receiver) struct Ticks {
    pub(in crate::receiver) clock: Arc<dyn Clock>,
    pub(in crate::receiver) interval: Duration,
    pub(in crate::receiver) ends: BatchEnds,
}

impl Ticks {
    pub(in crate::receiver) fn of(context: &SourceContext) -> Self {
        Self {
            clock: Arc::clone(&context.clock),
            interval: context.batch_interval,
            ends: context.batch_ends.clone(),
        }
    }

    /// The batch to which a record belongs that came at `time`: the one that is being received, which
    /// includes its end, or one after it. When a later one ends is not known yet, so it is named by
    /// the next multiple of the interval, which is not after its end.
    pub(super) fn batch_of(&self, time: BatchTime) -> BatchTime {
        let told = self.ends.told();
        if time <= told {
            return told;
        }
        let floor = time.floor(self.interval);
        if floor == time {
            time
        } else {
            floor + self.interval
        }
    }
}
