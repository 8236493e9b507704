//! The Yahoo Streaming Benchmark: views of ads, joined with the campaign of the ad, and counted for each
//! campaign and ten seconds of event time. A window comes out with the batch in which the time of its end is
//! reached.
//!
//! "Benchmarking Streaming Computation Engines: Storm, Flink and Spark Streaming", Chintapalli and
//! others, 2016. What went through Redis there is a map here; events are structs, or lines of JSON.

mod event;
mod hand;
mod pipeline;
mod plain;

use std::sync::{Arc, OnceLock};

use stream_runtime::{Rows, Text};

use self::event::Event;
use crate::answer::item;
use crate::by_hand::Map;
use crate::contest::{Who, Workload, way};
use crate::data::{blocks_of_lines, blocks_of_rows, records};

const ADS: u64 = 1_000;
const ADS_OF_A_CAMPAIGN: u64 = 10;
/// Milliseconds of event time in a window.
const WINDOW: u64 = 10_000;
/// By how many milliseconds events may be out of order.
const DISORDER: u64 = 1;
/// Different batches, each later than the one before. There are no more in a run.
const BATCHES: u64 = 10;
/// There are so many times fewer records in a batch of JSON, which are so much larger.
const JSON_SHARE: usize = 5;

/// The campaign of each ad.
fn campaigns() -> &'static Map<u64, u64> {
    static CAMPAIGNS: OnceLock<Map<u64, u64>> = OnceLock::new();
    CAMPAIGNS.get_or_init(|| {
        let ads = 0..ADS;
        ads.map(|ad| (event::ad_id(ad), event::campaign_id(ad / ADS_OF_A_CAMPAIGN)))
            .collect()
    })
}

/// The batches, as blocks of structs.
fn structs() -> &'static [Vec<Arc<Rows<Event>>>] {
    static BLOCKS: OnceLock<Vec<Vec<Arc<Rows<Event>>>>> = OnceLock::new();
    BLOCKS.get_or_init(|| {
        let batches = 0..BATCHES;
        batches
            .map(|batch| blocks_of_rows(&event::batch(batch, records())))
            .collect()
    })
}

/// The batches, as blocks of lines.
fn lines() -> &'static [Vec<Arc<Text>>] {
    static BLOCKS: OnceLock<Vec<Vec<Arc<Text>>>> = OnceLock::new();
    BLOCKS.get_or_init(|| {
        let batches = 0..BATCHES;
        let events = batches.map(|batch| event::batch(batch, records() / JSON_SHARE));
        events
            .map(|events| blocks_of_lines(events.iter().map(|event| event.to_json())))
            .collect()
    })
}

/// What a window of a campaign comes to.
#[inline(always)]
fn window(campaign: u64, start: u64, views: u64) -> u64 {
    item(campaign ^ start, views)
}

/// The workload on structs.
pub fn of_structs() -> Workload {
    Workload {
        name: "ysb",
        question: "views of ads by campaign in windows of 10 s of event time, from structs",
        records: records() as u64,
        batches: BATCHES,
        ways: vec![
            way(Who::Stream, 1, |batches| pipeline::of_structs(batches, 1)),
            way(Who::Stream, 2, |batches| pipeline::of_structs(batches, 2)),
            way(Who::Hand, 1, |batches| {
                hand::one_thread(structs(), batches, hand::views)
            }),
            way(Who::Hand, 2, |batches| {
                hand::rayon(structs(), batches, hand::views)
            }),
            way(Who::Std, 1, plain::of_structs),
        ],
    }
}

/// The workload on JSON.
pub fn of_json() -> Workload {
    Workload {
        name: "ysb_json",
        question: "views of ads by campaign in windows of 10 s of event time, from lines of JSON",
        records: (records() / JSON_SHARE) as u64,
        batches: BATCHES,
        ways: vec![
            way(Who::Stream, 1, |batches| pipeline::of_json(batches, 1)),
            way(Who::Stream, 2, |batches| pipeline::of_json(batches, 2)),
            way(Who::Hand, 1, |batches| {
                hand::one_thread(lines(), batches, hand::views_in_json)
            }),
            way(Who::Hand, 2, |batches| {
                hand::rayon(lines(), batches, hand::views_in_json)
            }),
            way(Who::Std, 1, plain::of_json),
        ],
    }
}
