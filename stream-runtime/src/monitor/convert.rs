//! From what listeners are told to what is shown.

use super::view::{
    CheckpointView, FailureView, InputView, LateView, OutputView, ReceiverView, StageView,
    StateView, WatermarkView, message, micros,
};
use crate::listener::BatchFailed;
use crate::metrics::{
    CheckpointInfo, InputInfo, LateInfo, OutputDone, ReceiverPhase, ReceiverStatus, StageDone,
    StateInfo, WatermarkInfo,
};

impl From<&InputInfo> for InputView {
    fn from(input: &InputInfo) -> Self {
        Self {
            name: input.name,
            records: input.records,
            bytes: input.bytes,
        }
    }
}

impl From<&StageDone> for StageView {
    fn from(stage: &StageDone) -> Self {
        Self {
            stage: stage.stage,
            site: stage.site,
            records: stage.records,
            tasks: stage.tasks,
            duration_us: micros(stage.duration),
        }
    }
}

impl From<&OutputDone> for OutputView {
    fn from(output: &OutputDone) -> Self {
        Self {
            id: output.id,
            site: output.site,
            records: output.records,
            started_after_us: micros(output.started_after),
            duration_us: micros(output.duration),
            failure: output.failure.as_deref().map(message),
        }
    }
}

impl From<&BatchFailed> for FailureView {
    fn from(failed: &BatchFailed) -> Self {
        Self {
            time_us: failed.time.as_micros(),
            attempt: failed.attempt,
            failure: message(&failed.failure),
            next: failed.next.to_string(),
        }
    }
}

impl From<&WatermarkInfo> for WatermarkView {
    fn from(watermark: &WatermarkInfo) -> Self {
        Self {
            site: watermark.site,
            watermark_us: watermark.watermark.as_micros(),
            lag_us: micros(watermark.lag),
            is_idle: watermark.is_idle,
        }
    }
}

impl From<&LateInfo> for LateView {
    fn from(late: &LateInfo) -> Self {
        Self {
            site: late.site,
            records: late.records,
        }
    }
}

impl From<&StateInfo> for StateView {
    fn from(state: &StateInfo) -> Self {
        Self {
            name: state.name,
            keys: state.keys,
            bytes: state.bytes,
        }
    }
}

impl From<&CheckpointInfo> for CheckpointView {
    fn from(checkpoint: &CheckpointInfo) -> Self {
        Self {
            committed_us: checkpoint.committed.map(|time| time.as_micros()),
            age_us: micros(checkpoint.age),
            written_bytes: checkpoint.written,
        }
    }
}

impl From<&ReceiverStatus> for ReceiverView {
    fn from(status: &ReceiverStatus) -> Self {
        let last = status.last_error.as_ref();
        Self {
            phase: match status.phase {
                ReceiverPhase::Waiting => "waiting",
                ReceiverPhase::Receiving => "receiving",
                ReceiverPhase::Restarting => "restarting",
                ReceiverPhase::Ended => "ended",
            },
            blocks: status.blocks,
            in_flight: status.in_flight,
            records_per_second_max: status.rate_limit,
            errors: status.errors,
            restarts: status.restarts,
            last_error_us: last.map(|error| error.time.as_micros()),
            last_error: last.map(|error| message(&error.message)),
        }
    }
}
