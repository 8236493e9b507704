//! The metrics of the parts of a job.

use super::live::Live;
use super::metrics::Family;
use super::samples::{counters, gauges, labelled, maybe, sample, seconds};
use super::totals::{InputTotals, OutputTotals, StageTotals};
use super::view::{ReceiverView, StateView, WatermarkView};
use crate::site::Site;

pub(super) fn inputs(inputs: &[InputTotals]) -> Vec<Family> {
    let of = |value: fn(&InputTotals) -> u64| {
        let samples = inputs.iter();
        samples
            .map(move |input| labelled("input", &input.name, value(input) as f64))
            .collect()
    };
    vec![
        counters(
            "stream_input_records_total",
            "Records that an input gave to completed batches.",
            of(|it| it.records),
        ),
        counters(
            "stream_input_bytes_total",
            "About how many bytes an input gave to completed batches.",
            of(|it| it.bytes),
        ),
    ]
}

pub(super) fn receivers(inputs: &[InputTotals]) -> Vec<Family> {
    let limits = inputs.iter().filter_map(|input| {
        let limit = input.receiver.as_ref()?.records_per_second_max?;
        Some(labelled("input", &input.name, limit))
    });
    let of = |value: fn(&ReceiverView) -> f64| {
        let receivers = inputs
            .iter()
            .filter_map(|it| Some((&it.name, it.receiver.as_ref()?)));
        receivers
            .map(move |(name, receiver)| labelled("input", name, value(receiver)))
            .collect()
    };
    vec![
        gauges(
            "stream_receiver_up",
            "Whether the receiver of an input is at work.",
            of(|it| f64::from(u8::from(it.phase == "receiving"))),
        ),
        counters(
            "stream_receiver_restarts_total",
            "How often the receiver of an input was restarted.",
            of(|it| it.restarts as f64),
        ),
        counters(
            "stream_receiver_errors_total",
            "Errors that the receiver of an input reported, restarts included.",
            of(|it| it.errors as f64),
        ),
        counters(
            "stream_receiver_blocks_total",
            "Blocks that the receiver of an input stored.",
            of(|it| it.blocks as f64),
        ),
        gauges(
            "stream_receiver_in_flight",
            "What is stored and not processed yet: bytes, or records of a channel.",
            of(|it| it.in_flight as f64),
        ),
        gauges(
            "stream_receiver_rate_limit",
            "Records per second that the receiver of an input may give at present, if that is limited.",
            limits.collect(),
        ),
    ]
}

pub(super) fn stages(stages: &[StageTotals]) -> Vec<Family> {
    let of = |value: fn(&StageTotals) -> f64| {
        let samples = stages.iter();
        samples
            .map(move |stage| labelled("stage", &stage.stage.to_string(), value(stage)))
            .collect()
    };
    vec![
        counters(
            "stream_stage_records_total",
            "Records that a stage had before it.",
            of(|it| it.records as f64),
        ),
        gauges(
            "stream_stage_seconds",
            "How long a stage took in all batches together.",
            of(|it| seconds(it.duration_us)),
        ),
        counters(
            "stream_stage_tasks_total",
            "Tasks of a stage.",
            of(|it| it.tasks as f64),
        ),
    ]
}

pub(super) fn outputs(outputs: &[OutputTotals]) -> Vec<Family> {
    let of = |value: fn(&OutputTotals) -> f64| {
        let samples = outputs.iter();
        samples
            .map(move |output| sample(output_labels(output), value(output)))
            .collect()
    };
    vec![
        counters(
            "stream_output_runs_total",
            "How often an output was run, failed attempts included.",
            of(|it| it.runs as f64),
        ),
        counters(
            "stream_output_failures_total",
            "How often an output failed.",
            of(|it| it.failures as f64),
        ),
        counters(
            "stream_output_records_total",
            "Records that an output was given.",
            of(|it| it.records as f64),
        ),
        gauges(
            "stream_output_seconds",
            "How long an output took in all batches together.",
            of(|it| seconds(it.duration_us)),
        ),
    ]
}

/// Two outputs may have one name; their numbers differ.
fn output_labels(output: &OutputTotals) -> Vec<(&'static str, String)> {
    vec![
        ("output", output.name.clone()),
        ("id", output.id.to_string()),
    ]
}

/// What the job keeps: states, watermarks, the checkpoint.
pub(super) fn kept(live: &Live) -> Vec<Family> {
    let states = |value: fn(&StateView) -> u64| {
        let states = live.states.iter();
        states
            .map(move |state| labelled("state", state.name, value(state) as f64))
            .collect()
    };
    let watermarks = |value: fn(&WatermarkView) -> f64| {
        let watermarks = live.watermarks.iter();
        watermarks
            .map(move |it| labelled("operator", &place(it.site), value(it)))
            .collect()
    };
    let late = live
        .late
        .iter()
        .map(|it| labelled("operator", &place(it.site), it.records as f64));
    let checkpoint = live.checkpoint.as_ref();
    let written = checkpoint.map(|it| sample(Vec::new(), it.written_bytes as f64));
    vec![
        gauges(
            "stream_state_keys",
            "Keys that an operator keeps.",
            states(|it| it.keys),
        ),
        gauges(
            "stream_state_bytes",
            "About how much memory a state takes up.",
            states(|it| it.bytes),
        ),
        gauges(
            "stream_watermark_timestamp_seconds",
            "How far event time has come.",
            watermarks(|it| seconds(it.watermark_us)),
        ),
        gauges(
            "stream_watermark_lag_seconds",
            "How far event time is behind the time of the batch.",
            watermarks(|it| seconds(it.lag_us)),
        ),
        counters(
            "stream_window_late_records_total",
            "Records that came too late for a window.",
            late.collect(),
        ),
        counters(
            "stream_checkpoint_written_bytes_total",
            "Bytes that this run has written to its checkpoint.",
            written.into_iter().collect(),
        ),
        maybe(
            "stream_checkpoint_age_seconds",
            "For how long there has been no newer batch in the checkpoint.",
            checkpoint.map(|it| seconds(it.age_us)),
        ),
    ]
}

/// An operator by its line, since a pipeline may have several of a name.
fn place(site: Site) -> String {
    let location = site.location();
    format!(
        "{} {}:{}:{}",
        site.operator(),
        location.file(),
        location.line(),
        location.column()
    )
}
