//! What was measured, as it is kept: everything that a page shows is made of it.

use serde::{Deserialize, Serialize};

use super::machine::Machine;
use crate::Who;
use crate::latency::Latencies;
use crate::measure::{Estimate, speed};

/// All that was measured on a machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Where, and with what.
    pub machine: Machine,
    /// The workloads, in their order.
    pub workloads: Vec<WorkloadResults>,
    /// How long records take at a given rate.
    #[serde(default)]
    pub latencies: Vec<Latencies>,
}

/// What was measured of a workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkloadResults {
    /// Its name.
    pub name: String,
    /// What is asked, in a line.
    pub question: String,
    /// How many records a batch has.
    pub records: u64,
    /// The state of the code that was measured.
    pub commit: String,
    /// How many keys the pipeline keeps from batch to batch.
    pub keys: Option<u64>,
    /// The ways to compute it.
    pub ways: Vec<WayResults>,
}

/// What was measured of a way. What was left out is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WayResults {
    /// Who does it: the name of a [`Who`].
    pub who: String,
    /// What is special about it.
    pub variant: Option<String>,
    /// On how many threads.
    pub threads: usize,
    /// Nanoseconds for a record, of each round.
    #[serde(default)]
    pub nanos: Vec<f64>,
    /// Instructions for a record.
    pub instructions: Option<f64>,
    /// Bytes at the peak, above the data.
    pub peak: Option<u64>,
}

impl WayResults {
    /// `stream! 2`, as a [`Way`](crate::Way) is shown.
    pub fn name(&self) -> String {
        format!("{} {}", self.contender(), self.threads)
    }

    /// Who does it, and in which variant.
    pub fn contender(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{} {variant}", self.who),
            None => self.who.clone(),
        }
    }

    /// Whether it is the pipeline of this project, and not a variant that is measured beside it.
    pub fn is_pipeline(&self) -> bool {
        self.who == Who::Stream.name() && self.variant.is_none()
    }

    /// Nanoseconds for a record.
    pub fn nanos_per_record(&self) -> Option<Estimate> {
        (!self.nanos.is_empty()).then(|| Estimate::of(self.nanos.clone()))
    }

    /// How many times as fast this way is as another one.
    pub fn speed_beside(&self, other: &Self) -> Option<Estimate> {
        let are_measured = !self.nanos.is_empty() && !other.nanos.is_empty();
        are_measured.then(|| speed(&self.nanos, &other.nanos))
    }

    fn is_same(&self, other: &Self) -> bool {
        self.name() == other.name()
    }

    /// Keeps what was measured before and not now.
    fn keep(&mut self, before: &Self) {
        if self.nanos.is_empty() {
            self.nanos.clone_from(&before.nanos);
        }
        self.instructions = self.instructions.or(before.instructions);
        self.peak = self.peak.or(before.peak);
    }
}

impl WorkloadResults {
    /// The pipelines, each on another number of threads.
    pub fn pipelines(&self) -> impl Iterator<Item = &WayResults> {
        self.ways.iter().filter(|way| way.is_pipeline())
    }

    /// The way of this contender that is the fastest on so many threads.
    pub fn fastest(&self, who: &str, threads: usize) -> Option<&WayResults> {
        let ways = self.ways.iter().filter(|way| way.who == who);
        let ways = ways.filter(|way| way.threads == threads);
        let timed = ways.filter_map(|way| Some((way, way.nanos_per_record()?.median)));
        timed
            .min_by(|(_, a), (_, b)| a.total_cmp(b))
            .map(|(way, _)| way)
    }

    /// The pipeline on so many threads.
    pub fn pipeline(&self, threads: usize) -> Option<&WayResults> {
        self.pipelines().find(|way| way.threads == threads)
    }

    fn keep(&mut self, before: &Self) {
        self.keys = self.keys.or(before.keys);
        for way in &mut self.ways {
            if let Some(before) = before.ways.iter().find(|before| before.is_same(way)) {
                way.keep(before);
            }
        }
    }
}

impl Results {
    /// Puts newer results in the place of those of the same workloads. The parts of them that were left
    /// out, and all other workloads, stay as they were.
    pub fn merge(&mut self, newer: Self) {
        self.machine = newer.machine;
        for mut workload in newer.workloads {
            let mut all = self.workloads.iter_mut();
            match all.find(|before| before.name == workload.name) {
                Some(before) => {
                    workload.keep(before);
                    *before = workload;
                }
                None => self.workloads.push(workload),
            }
        }
        if !newer.latencies.is_empty() {
            self.latencies = newer.latencies;
        }
    }
}
