//! What outlives a batch: the slots of the operators that remember, and whether windows slide.

use proc_macro2::TokenStream;
use quote::quote;

use super::{at, ctx, var};
use crate::plan::Stages;

/// The slots, opened before anything else: what is lent from them lives as long as the batch.
pub(super) fn slots(stages: &Stages<'_>) -> TokenStream {
    let ctx = ctx();
    let slots = stages.states.iter().enumerate().map(|(number, (node, _))| {
        let slot = var("slot", *node);
        quote!(let mut #slot = #ctx.slot(#number);)
    });
    slots.collect()
}

/// Whether each window slides at this batch.
pub(super) fn slides(stages: &Stages<'_>) -> TokenStream {
    let ctx = ctx();
    let nodes = stages.graph.nodes.iter().enumerate();
    let windows = nodes.filter(|(_, node)| node.window.is_some());
    windows
        .map(|(index, node)| {
            let (op, due) = (var("o", index), var("due", index));
            at(
                node.span,
                quote!(let #due = #op.is_due(#ctx)?; let _ = #due;),
            )
        })
        .collect()
}
