//! The plan as a constant, for `explain`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::{rt, stage};
use crate::duration::Duration;
use crate::graph::{NodeKind, Port};
use crate::ops::{Arg, OpSpec};
use crate::plan::Stages;

pub(super) fn emit(stages: &Stages<'_>) -> TokenStream {
    let rt = rt();
    let nodes = (0..stages.graph.nodes.len()).map(|index| node(stages, index));
    let pipeline = stages.graph.function.name.to_string();
    let plan = super::plan();
    quote!(static #plan: #rt::Plan = #rt::Plan::new(#pipeline, &[#(#nodes),*]);)
}

fn node(stages: &Stages<'_>, index: usize) -> TokenStream {
    let rt = rt();
    let node = &stages.graph.nodes[index];
    let operator = node.op().map_or("source", |op| op.name);
    let names = match node.kind {
        NodeKind::ToSink(_, param) => vec![stages.graph.function.params[param].name.to_string()],
        _ => node.names.clone(),
    };
    let stage = stages.stage_of[index];
    let output = node.shape().is_some_and(|shape| shape.is_output());
    let edges = node
        .inputs
        .iter()
        .zip(&stages.movements[index])
        .map(|(from, movement)| {
            let Port { node, port } = *from;
            let movement = Ident::new(movement.name(), Span::mixed_site());
            quote!(#rt::PlanEdge::new(#node, #port, #rt::Movement::#movement))
        });
    let remembering = stages
        .states
        .iter()
        .find(|(node, _)| *node == index)
        .map(|(_, name)| quote!(.remembering(#name)));
    let how = how(stages, index).map(|how| quote!(.by(#how)));
    quote!(#rt::PlanNode::new(#operator, &[#(#names),*], #stage, &[#(#edges),*], #output) #remembering #how)
}

/// The window that an operator looks through, and how it is brought up to date; or what else is not
/// done as it is written.
fn how(stages: &Stages<'_>, index: usize) -> Option<String> {
    let node = &stages.graph.nodes[index];
    if node.gives_words {
        return Some("words, 64 bytes at once".to_owned());
    }
    if node.contained.is_some() && stage::contained(stages, node.inputs[0]).is_some() {
        return Some("a string is looked for in whole blocks".to_owned());
    }
    let (op, algorithm) = (node.op()?, node.op()?.algorithm?);
    if !node.spans.is_empty() {
        return Some(over_time(op, algorithm, &node.spans));
    }
    let window = node.window.as_ref()?;
    let slide = match &window.slide {
        Some(slide) => format!("every {}", slide.text()),
        None => "at every batch".to_owned(),
    };
    Some(format!("{} {slide}, {algorithm}", window.length.text()))
}

/// What an operator does with the time of the records.
fn over_time(op: &OpSpec, algorithm: &str, spans: &[Duration]) -> String {
    let args = op.args.iter().filter(|arg| arg.is_duration());
    let (mut text, mut after) = (String::new(), String::new());
    for (arg, span) in args.zip(spans) {
        let span = span.text();
        match arg {
            Arg::Idle => after = format!(", idle after {span}"),
            Arg::Lateness => after = format!(", and {span} later"),
            _ if text.is_empty() => text = span,
            _ => text = format!("{text} every {span}"),
        }
    }
    format!("{text} {algorithm}{after}")
}
