//! The fourth floor: from [`Graph`] to [`Stages`].
//!
//! Cuts the graph where records change their partition, their order or their batch. AFTER THIS
//! POINT every node belongs to one stage, a stage is one loop over what its root puts out, and the
//! stages are in the order in which they can run.

mod memory;
mod movement;
#[cfg(test)]
mod tests;

use crate::graph::{Graph, Node, Port};
use crate::ops::Keys;

pub(crate) use movement::Movement;

/// A pipeline cut into stages. Only [`stages`] makes one.
pub(crate) struct Stages<'f> {
    pub(crate) graph: Graph<'f>,
    /// For each node the stage whose loop makes its records, or takes them if it is an output.
    pub(crate) stage_of: Vec<usize>,
    /// The node whose records each stage begins with: an input, or an operator that is not narrow.
    pub(crate) roots: Vec<usize>,
    /// For each node, how the records of each of its inputs travel.
    pub(crate) movements: Vec<Vec<Movement>>,
    /// For each node, the window that decides at which batches it gives records; without one it
    /// does so at every batch.
    pub(crate) slides: Vec<Option<usize>>,
    /// The nodes that remember, and the names of what they do. The names are distinct.
    pub(crate) states: Vec<(usize, String)>,
}

impl Stages<'_> {
    /// The window that decides at which batches a node is run.
    pub(crate) fn runs_with(&self, node: usize) -> Option<usize> {
        memory::slide_of_inputs(&self.graph.nodes[node], &self.slides)
    }

    /// Those who take the records of `port`: node and number of the input.
    pub(crate) fn consumers(&self, port: Port) -> Vec<(usize, usize)> {
        let nodes = self.graph.nodes.iter().enumerate();
        nodes
            .flat_map(|(index, node)| {
                node.inputs
                    .iter()
                    .enumerate()
                    .map(move |(input, from)| (index, input, *from))
            })
            .filter(|(_, _, from)| *from == port)
            .map(|(index, input, _)| (index, input))
            .collect()
    }

    /// The nodes, other than narrow operators, that take records from the loop of `stage`.
    pub(crate) fn terminals(&self, stage: usize) -> Vec<(usize, usize)> {
        let is_terminal = |node: &Node| node.shape().is_some_and(|shape| !shape.is_narrow());
        let nodes = self
            .graph
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| is_terminal(node));
        nodes
            .flat_map(|(index, node)| {
                node.inputs
                    .iter()
                    .enumerate()
                    .map(move |(input, from)| (index, input, from))
            })
            .filter(|(_, _, from)| self.stage_of[from.node] == stage)
            .map(|(index, input, _)| (index, input))
            .collect()
    }
}

/// Plans the stages of a pipeline without mistakes.
pub(crate) fn stages(graph: Graph<'_>) -> Stages<'_> {
    let keyed = keyed(&graph);
    let (stage_of, roots) = cut(&graph);
    let movements = graph
        .nodes
        .iter()
        .map(|node| movement::of_inputs(node, &keyed))
        .collect();
    let slides = memory::slides(&graph);
    let states = memory::states(&graph);
    Stages {
        graph,
        stage_of,
        roots,
        movements,
        slides,
        states,
    }
}

/// Which nodes put out records that are partitioned by their key.
fn keyed(graph: &Graph<'_>) -> Vec<bool> {
    let mut keyed: Vec<bool> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let is_keyed = match node.op().map(|op| op.keys) {
            Some(Keys::Made) => true,
            Some(Keys::Kept) => keyed[node.inputs[0].node],
            Some(Keys::Lost) | None => false,
        };
        keyed.push(is_keyed);
    }
    keyed
}

/// The stage of each node, and the root of each stage.
fn cut(graph: &Graph<'_>) -> (Vec<usize>, Vec<usize>) {
    let (mut stage_of, mut roots) = (Vec::with_capacity(graph.nodes.len()), Vec::new());
    for (index, node) in graph.nodes.iter().enumerate() {
        let continues = node
            .shape()
            .is_some_and(|shape| shape.is_narrow() || shape.is_output());
        if continues {
            stage_of.push(stage_of[node.inputs[0].node]);
        } else {
            stage_of.push(roots.len());
            roots.push(index);
        }
    }
    (stage_of, roots)
}
