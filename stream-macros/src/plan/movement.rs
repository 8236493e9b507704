//! How records travel from one node to the next.

use crate::graph::Node;
use crate::ops::Shape;

/// See `stream_runtime::Movement`, which has the same names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Movement {
    /// Inside one loop.
    Fused,
    /// Through a buffer, each partition to itself.
    Buffer,
    /// To the partition of their key.
    Shuffle,
    /// To one partition.
    Gather,
    /// Evenly to another number of partitions.
    Deal,
    /// As a whole batch.
    Batch,
}

impl Movement {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fused => "Fused",
            Self::Buffer => "Buffer",
            Self::Shuffle => "Shuffle",
            Self::Gather => "Gather",
            Self::Deal => "Deal",
            Self::Batch => "Batch",
        }
    }

    /// Whether records can change their partition.
    pub(crate) fn is_exchange(self) -> bool {
        matches!(self, Self::Shuffle | Self::Gather | Self::Deal)
    }
}

/// How the records of each input of `node` travel. What is partitioned by key stays where it is.
pub(super) fn of_inputs(node: &Node, keyed: &[bool]) -> Vec<Movement> {
    let Some(op) = node.op() else {
        return Vec::new();
    };
    let keeps_partition =
        |from: usize| keyed[from] && op.name != "distinct" && op.name != "count_by_value";
    let of_input = |from: usize| match op.shape {
        Shape::Shuffle | Shape::ShuffleFork | Shape::Mapping | Shape::Join
            if keeps_partition(from) =>
        {
            Movement::Buffer
        }
        Shape::Shuffle | Shape::ShuffleFork | Shape::Mapping | Shape::Join => Movement::Shuffle,
        Shape::Gather => Movement::Gather,
        Shape::Deal => Movement::Deal,
        Shape::Partition | Shape::Union => Movement::Buffer,
        Shape::Whole | Shape::Output | Shape::ToSink => Movement::Batch,
        Shape::One | Shape::Maybe | Shape::MaybeLocal | Shape::Many | Shape::Fork => {
            Movement::Fused
        }
    };
    node.inputs
        .iter()
        .map(|input| of_input(input.node))
        .collect()
}
