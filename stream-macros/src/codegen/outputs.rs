//! The outputs, after all stages, in the order of the program.

use proc_macro2::TokenStream;
use quote::quote;

use super::{at, ctx, rt, var, var_at};
use crate::graph::{Node, NodeKind};
use crate::plan::Stages;

pub(super) fn emit(stages: &Stages<'_>) -> TokenStream {
    let nodes = stages.graph.nodes.iter().enumerate();
    let outputs = nodes.filter(|(_, node)| node.shape().is_some_and(|shape| shape.is_output()));
    outputs
        .enumerate()
        .map(|(number, (index, node))| {
            let output = output(number, index, node);
            let output = match stages.runs_with(index) {
                Some(window) => {
                    let due = var("due", window);
                    quote!(if #due { #output })
                }
                None => output,
            };
            at(node.span, output)
        })
        .collect()
}

fn output(number: usize, index: usize, node: &Node) -> TokenStream {
    let (rt, ctx) = (rt(), ctx());
    let (op, parts) = (var("o", index), var_at("x", index, 0));
    let work = match node.kind {
        NodeKind::ToSink(_, param) => {
            let writer = var("k", param);
            quote!(#writer.write(#ctx, &#parts))
        }
        _ => quote!(#op.run(#ctx, #parts)),
    };
    quote!(#ctx.output((#number, #op.site), #rt::buffered(&#parts), || #work)?;)
}
