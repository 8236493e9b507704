//! The table of metrics.

use super::live::{Live, RunningView};
use super::metrics::{Family, Kind};
use super::samples::{
    counter, counters, gauge, gauges, histogram, labelled, maybe, sample, seconds,
};
use super::totals::{InputTotals, OutputTotals, StageTotals};
use super::verdict::VerdictKind;
use super::view::{BatchView, ReceiverView, StateView, WatermarkView};
use crate::site::Site;

/// All metrics of a job and its newest completed batch.
pub(super) fn families(live: &Live, newest: Option<&BatchView>) -> Vec<Family> {
    let mut all = job(live);
    all.extend(batches(live));
    all.extend(delays(live));
    all.extend(newest.into_iter().flat_map(last_completed));
    all.extend(live.running.iter().flat_map(last_received));
    all.extend(inputs(&live.totals.inputs));
    all.extend(receivers(&live.totals.inputs));
    all.extend(stages(&live.totals.stages));
    all.extend(outputs(&live.totals.outputs));
    all.extend(kept(live));
    all
}

fn job(live: &Live) -> Vec<Family> {
    let job = &live.job;
    let info = vec![
        ("package", job.package.to_owned()),
        ("version", job.version.to_owned()),
    ];
    let verdicts = VerdictKind::ALL.map(|kind| {
        let is_it = u8::from(kind == live.verdict.kind);
        labelled("verdict", kind.name(), f64::from(is_it))
    });
    vec![
        Family {
            name: "stream_job_info",
            help: "What runs.",
            kind: Kind::Gauge,
            samples: vec![sample(info, 1.0)],
        },
        Family {
            name: "stream_verdict",
            help: "How the job is getting on: 1 for the word that holds.",
            kind: Kind::Gauge,
            samples: verdicts.into(),
        },
        maybe(
            "stream_start_timestamp_seconds",
            "When the job was started.",
            job.started_us.map(seconds),
        ),
        gauge(
            "stream_batch_interval_seconds",
            "The batch interval.",
            seconds(job.batch_interval_us),
        ),
        gauge(
            "stream_uptime_seconds",
            "For how long the job has been running.",
            seconds(job.elapsed_us),
        ),
        gauge(
            "stream_receivers",
            "How many inputs have a receiver.",
            live.totals
                .inputs
                .iter()
                .filter(|it| it.receiver.is_some())
                .count() as f64,
        ),
    ]
}

fn batches(live: &Live) -> Vec<Family> {
    let (totals, running) = (&live.totals, u8::from(live.running.is_some()));
    let running = f64::from(running);
    vec![
        counter(
            "stream_batches_completed_total",
            "Batches that were completed.",
            totals.batches,
        ),
        counter(
            "stream_batch_attempts_failed_total",
            "Attempts of batches that failed.",
            totals.failed_attempts,
        ),
        counter(
            "stream_records_received_total",
            "Records of submitted batches.",
            totals.received,
        ),
        counter(
            "stream_records_processed_total",
            "Records of completed batches.",
            totals.processed,
        ),
        counter(
            "stream_late_records_total",
            "Records that came too late for a window.",
            totals.late,
        ),
        counter(
            "stream_dead_records_total",
            "Records that were put aside because they failed.",
            totals.dead,
        ),
        gauge("stream_batches_running", "Batches under way.", running),
        gauge(
            "stream_batches_waiting",
            "Batches that are due and not begun.",
            live.waiting as f64,
        ),
        gauge(
            "stream_batches_unprocessed",
            "Batches under way or due.",
            live.waiting as f64 + running,
        ),
        gauge(
            "stream_batches_retained",
            "Completed batches of which all is known.",
            live.retained as f64,
        ),
    ]
}

fn delays(live: &Live) -> Vec<Family> {
    let delays = &live.totals.delays;
    vec![
        histogram(
            "stream_batch_scheduling_delay_seconds",
            "From when batches were due to when they were begun.",
            &delays.scheduling,
        ),
        histogram(
            "stream_batch_processing_seconds",
            "From when batches were begun to when their last output was done.",
            &delays.processing,
        ),
        histogram(
            "stream_batch_total_delay_seconds",
            "From when batches were due to when their last output was done.",
            &delays.total,
        ),
    ]
}

fn last_completed(batch: &BatchView) -> Vec<Family> {
    vec![
        gauge(
            "stream_last_completed_batch_timestamp_seconds",
            "When the last completed batch was due.",
            seconds(batch.time_us),
        ),
        gauge(
            "stream_last_completed_batch_submission_timestamp_seconds",
            "When its input was fixed.",
            seconds(batch.submitted_us),
        ),
        gauge(
            "stream_last_completed_batch_processing_start_timestamp_seconds",
            "When it was begun.",
            seconds(batch.started_us),
        ),
        gauge(
            "stream_last_completed_batch_processing_end_timestamp_seconds",
            "When its last output was done.",
            seconds(batch.ended_us),
        ),
        gauge(
            "stream_last_completed_batch_scheduling_delay_seconds",
            "From when it was due to when it was begun.",
            seconds(batch.scheduling_us),
        ),
        gauge(
            "stream_last_completed_batch_processing_seconds",
            "From when it was begun to when its last output was done.",
            seconds(batch.processing_us),
        ),
        gauge(
            "stream_last_completed_batch_total_delay_seconds",
            "From when it was due to when its last output was done.",
            seconds(batch.total_us),
        ),
        gauge(
            "stream_last_completed_batch_records",
            "How many records it had.",
            batch.records as f64,
        ),
    ]
}

fn last_received(batch: &RunningView) -> Vec<Family> {
    vec![
        gauge(
            "stream_running_batch_timestamp_seconds",
            "When the batch under way was due.",
            seconds(batch.time_us),
        ),
        gauge(
            "stream_running_batch_submission_timestamp_seconds",
            "When its input was fixed.",
            seconds(batch.submitted_us),
        ),
        maybe(
            "stream_running_batch_processing_start_timestamp_seconds",
            "When it was begun.",
            batch.started_us.map(seconds),
        ),
        gauge(
            "stream_running_batch_elapsed_seconds",
            "For how long it has been running.",
            seconds(batch.elapsed_us),
        ),
        gauge(
            "stream_running_batch_records",
            "About how many records it has.",
            batch.records as f64,
        ),
    ]
}

fn inputs(inputs: &[InputTotals]) -> Vec<Family> {
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

fn receivers(inputs: &[InputTotals]) -> Vec<Family> {
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
    ]
}

fn stages(stages: &[StageTotals]) -> Vec<Family> {
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
        counters(
            "stream_stage_seconds_total",
            "How long a stage took.",
            of(|it| seconds(it.duration_us)),
        ),
        counters(
            "stream_stage_tasks_total",
            "Tasks of a stage.",
            of(|it| it.tasks as f64),
        ),
    ]
}

fn outputs(outputs: &[OutputTotals]) -> Vec<Family> {
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
        counters(
            "stream_output_seconds_total",
            "How long an output took.",
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
fn kept(live: &Live) -> Vec<Family> {
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
