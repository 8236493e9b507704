//! The table of metrics.

use super::live::{Live, RunningView};
use super::metrics::{Family, Kind};
use super::parts::{inputs, kept, outputs, receivers, stages};
use super::samples::{counter, gauge, histogram, labelled, maybe, sample, seconds};
use super::verdict::VerdictKind;
use super::view::BatchView;

// The names of the delays of a batch.
pub(crate) const SCHEDULING_DELAY: &str = "stream_batch_scheduling_delay_seconds";
pub(crate) const PROCESSING: &str = "stream_batch_processing_seconds";
pub(crate) const TOTAL_DELAY: &str = "stream_batch_total_delay_seconds";

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
            SCHEDULING_DELAY,
            "From when batches were due to when they were begun.",
            &delays.scheduling,
        ),
        histogram(
            PROCESSING,
            "From when batches were begun to when their last output was done.",
            &delays.processing,
        ),
        histogram(
            TOTAL_DELAY,
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
