//! Streaming pipelines that read like Spark's programming guide, are checked like a Rust type, and
//! run like the loop you would have written by hand.
//!
//! ```
//! use stream_runtime::prelude::*;
//!
//! stream!(
//!     /// Counts the words of each batch.
//!     #[batch(1s)]
//!     pub fn word_count(lines: Stream<&str>) {
//!         let counts = lines
//!             .flat_map(|line| line.split_whitespace())
//!             .map(|word| (word, 1u64))
//!             .reduce_by_key(|a, b| a + b);
//!         counts.print();
//!     }
//! );
//! # fn main() {}
//! ```
//!
//! # Floors
//!
//! A module uses only those below it.
//!
//! | floor | modules |
//! |---|---|
//! | what users start | [`launcher`](Launcher), the web page, [`monitor`], [`job`](Job), [`tuning`](Tuning), [`testing`] |
//! | scheduler | batch clock, job generation, attempts, dead letters, control of rates and intervals |
//! | operators | `ops`: one file each; their methods stand on [`Stream`] |
//! | ends | [`receiver`], [`sink`], the files that batches leave |
//! | rates | [`rate`]: how fast receivers may be, and how fast a job is |
//! | events | [`Listener`]s, what is measured of a batch |
//! | data | [`Batch`], blocks, keys, tables, engines, accumulators, broadcasts, plans |
//! | ground | clock, [`storage`], time, errors |

// The crate's own tests name it as a user does.
#[cfg(test)]
extern crate self as stream_runtime;

mod accumulator;
mod batch;
mod block;
mod broadcast;
mod buckets;
mod candidates;
mod checkpoint;
mod clock;
mod combining;
mod context;
#[cfg(feature = "dashboard")]
mod dashboard;
mod dead_letters;
mod engine;
mod error;
mod event;
#[doc(hidden)]
pub mod expect;
mod files;
mod generated;
mod greatest;
mod grouping;
#[cfg(doctest)]
mod guide;
mod input;
mod job;
mod key;
mod lanes;
#[cfg(feature = "launcher")]
mod launcher;
mod lines;
mod listener;
mod log;
mod matching;
mod memory;
mod metrics;
pub mod monitor;
mod ops;
mod parallel;
mod parts;
mod plan;
mod prefetch;
mod progress;
pub mod rate;
pub mod receiver;
mod record;
mod rooms;
mod running_job;
mod scheduler;
mod shape;
mod show;
mod sieve;
pub mod sink;
mod site;
mod state;
pub mod storage;
mod stream;
mod table;
mod tasks;
pub mod testing;
mod text;
mod time;
mod transaction;
mod tuning;
mod window;
mod words;

pub use accumulator::{Accumulate, Accumulator, Average, Collection, Count, Max, Min, Sum};
pub use batch::{Batch, Lookup};
pub use block::{Block, BlockSize, Rows, Text};
pub use broadcast::Broadcast;
pub use clock::{Clock, ManualClock, Signal, SystemClock};
#[cfg(feature = "dashboard")]
pub use dashboard::{Dashboard, OpenDashboard};
pub use dead_letters::DeadLetter;
pub use engine::{Engine, Exchange, InlineEngine, LocalEngine, SerializingEngine, Transport};
pub use error::{Error, Failure, Result};
pub use event::{Timed, Windowed};
pub use files::{ObjectFiles, read_object_files};
pub use job::{CatchUp, Job};
pub use key::{Key, OwnedKey, StateKey};
#[cfg(feature = "launcher")]
pub use launcher::Launcher;
pub use listener::{
    AfterFailure, BatchFailed, BatchStarted, BatchSubmitted, Listener, OutputStarted, ReceiverInfo,
    StreamStarted, StreamStopped,
};
pub use memory::keep_freed_memory;
pub use metrics::{
    BatchInfo, CheckpointInfo, InputInfo, LateInfo, OutputDone, StageDone, StateInfo, Summary,
    WatermarkInfo,
};
pub use plan::{Format, Movement, Plan, PlanEdge, PlanNode};
pub use progress::{At, JobState, Progress, Running, Snapshot};
pub use record::{Borrowed, Family, Lend, Mode, Owned, Ref, Val};
pub use running_job::RunningJob;
pub use show::Show;
pub use site::Site;
pub use state::{Age, Kept, Malformed, State, StateSize, StateSpec};
pub use stream::{Pair, Sink, Stream};
pub use stream_macros::{Key, stream};
pub use time::BatchTime;
pub use tuning::{Advice, Tuning};

/// What a program with a pipeline in it needs.
pub mod prelude {
    #[cfg(feature = "launcher")]
    pub use crate::Launcher;
    pub use crate::receiver::{
        binary_file, binary_records, channel, generator, queue, receive, socket_text, text_file,
        text_files, words,
    };
    pub use crate::{
        Accumulator, Average, Batch, BatchTime, Broadcast, Collection, Count, Job, Key, Max, Min,
        Sink, State, StateSpec, Stream, Sum, Timed, Windowed, stream,
    };
}

/// What generated code names. Not for users: it may change with any version.
#[doc(hidden)]
pub mod __private {
    pub use crate::accumulator::{Saved, Shared};
    pub use crate::context::BatchContext;
    pub use crate::engine::{Arena, Buckets};
    pub use crate::error::Failure;
    pub use crate::event::IDLE_AFTER;
    pub use crate::expect;
    pub use crate::generated::*;
    pub use crate::input::{AnyInput, Blocks, Input};
    pub use crate::job::Job;
    pub use crate::key::{DerivedKey, Whole};
    pub use crate::plan::{Movement, Plan, PlanEdge, PlanNode};
    pub use crate::record::{Family, Ref, Val};
    pub use crate::sink::BatchWriter;
    pub use crate::state::Slot;
    pub use core::option::Option::{self, None, Some};
    pub use core::result::Result::{self, Err, Ok};
    pub use std::boxed::Box;
    pub use std::vec::Vec;
}

/// The code in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
