//! Side by side: pipelines, the loops an expert would write by hand, and the peers.
//!
//! Each workload is a folder: `mod.rs` has its data and lists its ways, and each way is a file with
//! the same name in every folder. `pipeline` is this project, `hand` the expert's loop, on one thread
//! and with `rayon`, `plain` what most people write, `tuned` the best that is known. The peers are
//! `timely`, `differential`, `renoir`, `dfir` and `polars`, behind the feature `peers`. All of
//! them give a checksum that must agree before anything is timed.

pub mod answer;
pub mod by_hand;
pub mod contest;
#[cfg(feature = "measure")]
pub mod criterion;
pub mod data;
#[cfg(feature = "measure")]
pub mod latency;
pub mod measure;
#[cfg(feature = "peers")]
pub mod peers;
#[cfg(feature = "measure")]
pub mod report;
pub mod source;
mod tuned;

pub mod grep;
pub mod join;
pub mod key_counts;
pub mod nexmark;
pub mod numeric;
pub mod running;
pub mod sales;
pub mod tiny;
pub mod windows;
pub mod word_count;
pub mod ysb;

pub use contest::{Way, Who, Workload};

/// All workloads.
pub fn workloads() -> Vec<Workload> {
    let mut workloads = vec![
        grep::workload(),
        word_count::workload(),
        numeric::workload(),
        sales::of_text(),
        sales::of_structs(),
        join::workload(),
        running::of_a_million(),
        running::of_ten_million(),
        running::of_names(),
        key_counts::of_skewed(),
        key_counts::of_distinct(),
        ysb::of_structs(),
        ysb::of_json(),
        windows::of_words(),
        windows::of_maximum(),
        windows::of_length::<1>("window_of_1"),
        windows::of_length::<10>("window_of_10"),
        windows::of_length::<60>("window_of_60"),
        windows::of_length::<600>("window_of_600"),
        windows::of_length::<3_600>("window_of_3600"),
        tiny::workload::<1>("batches_of_1"),
        tiny::workload::<10>("batches_of_10"),
        tiny::workload::<100>("batches_of_100"),
    ];
    workloads.extend(nexmark::workloads());
    workloads
}
