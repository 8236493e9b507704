//! Sinks: each takes the records of one stream.

use crate::diagnostics::Diagnostics;
use crate::graph::{Graph, Node, NodeKind};
use crate::syntax::{Param, ParamKind};

pub(super) fn check_are_used(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    for (param, outputs) in sinks(graph) {
        if outputs.is_empty() {
            let name = &param.name;
            let message = format!("nothing goes to the sink `{name}`");
            let help = format!("give a stream to it with `.to({name})`, or take it out");
            diagnostics.error(name.span(), message, help);
        }
    }
}

/// A sink knows a batch that is tried again by its time, so it is written to once a batch.
pub(super) fn check_take_one_stream(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    for (param, outputs) in sinks(graph) {
        for second in outputs.iter().skip(1) {
            let message = format!("the sink `{}` has a stream already", param.name);
            let help =
                "put the streams together with `.union(…)` before it, or add a sink parameter";
            diagnostics.error(second.span, message, help);
        }
    }
}

/// The sink parameters, each with the outputs to it.
fn sinks<'g>(graph: &'g Graph<'_>) -> Vec<(&'g Param, Vec<&'g Node>)> {
    let params = graph.function.params.iter().enumerate();
    let sinks = params.filter(|(_, param)| matches!(param.kind, ParamKind::Sink(_)));
    sinks
        .map(|(index, param)| (param, outputs_to(graph, index)))
        .collect()
}

fn outputs_to<'g>(graph: &'g Graph<'_>, index: usize) -> Vec<&'g Node> {
    let is_to = |node: &&Node| matches!(node.kind, NodeKind::ToSink(_, sink) if sink == index);
    graph.nodes.iter().filter(is_to).collect()
}
