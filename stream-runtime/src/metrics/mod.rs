//! What is measured of a running job: of each batch, of each receiver, and of a whole run.
//!
//! Everything is measured by batch, by stage or by task, and nothing by record.

mod batch;
mod receiver;
mod summary;

#[cfg(test)]
pub(crate) use batch::completed;
pub use batch::{
    BatchInfo, CheckpointInfo, InputInfo, LateInfo, OutputDone, StageDone, StateInfo, WatermarkInfo,
};
pub use receiver::{ReceiverPhase, ReceiverStatus, ReportedError};
pub use summary::Summary;
pub(crate) use summary::per_second;
