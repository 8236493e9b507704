//! What is remembered from batch to batch, and when windows slide.

use crate::graph::{Graph, Node};

/// For each node, the window that decides at which batches it gives records: itself, or the nearest
/// one before it. A slide is a multiple of those before it, so the nearest one is enough.
pub(super) fn slides(graph: &Graph<'_>) -> Vec<Option<usize>> {
    let mut slides = Vec::with_capacity(graph.nodes.len());
    for (index, node) in graph.nodes.iter().enumerate() {
        let own = node.window.as_ref().map(|_| index);
        let slide = own.or_else(|| slide_of_inputs(node, &slides));
        slides.push(slide);
    }
    slides
}

/// The window that decides when a node's inputs give records. Where several meet they have the same
/// slide, so any of them says it.
pub(super) fn slide_of_inputs(node: &Node, slides: &[Option<usize>]) -> Option<usize> {
    node.inputs.iter().find_map(|from| slides[from.node])
}

/// The nodes that remember, each with the name under which it is found again: that of its `let`, or
/// else the operator's. From the second one on a number makes it distinct.
pub(super) fn states(graph: &Graph<'_>) -> Vec<(usize, String)> {
    let mut states: Vec<(usize, String)> = Vec::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let Some(op) = node.op().filter(|op| op.has_memory()) else {
            continue;
        };
        let name = node.names.first().map_or(op.name, String::as_str);
        let names = (1..).map(|number| match number {
            1 => name.to_owned(),
            _ => format!("{name}-{number}"),
        });
        let is_free = |name: &String| states.iter().all(|(_, taken)| taken != name);
        let name = names.into_iter().find(is_free).unwrap_or_default();
        states.push((index, name));
    }
    states
}
