//! The plan as a constant, for `explain`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::rt;
use crate::plan::Stages;

pub(super) fn emit(stages: &Stages<'_>) -> TokenStream {
    let rt = rt();
    let nodes = (0..stages.graph.nodes.len()).map(|index| node(stages, index));
    let pipeline = stages.graph.function.name.to_string();
    quote!(static __PLAN: #rt::Plan = #rt::Plan::new(#pipeline, &[#(#nodes),*]);)
}

fn node(stages: &Stages<'_>, index: usize) -> TokenStream {
    let rt = rt();
    let node = &stages.graph.nodes[index];
    let operator = node.op().map_or("source", |op| op.name);
    let name = match &node.name {
        Some(name) => quote!(#rt::Some(#name)),
        None => quote!(#rt::None),
    };
    let stage = stages.stage_of[index];
    let output = node.shape().is_some_and(|shape| shape.is_output());
    let edges = node
        .inputs
        .iter()
        .zip(&stages.movements[index])
        .map(|(from, movement)| {
            let (from, movement) = (from.node, Ident::new(movement.name(), Span::mixed_site()));
            quote!(#rt::PlanEdge::new(#from, #rt::Movement::#movement))
        });
    quote!(#rt::PlanNode::new(#operator, #name, #stage, &[#(#edges),*], #output))
}
