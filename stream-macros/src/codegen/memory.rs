//! What outlives a batch: the slots of the operators that remember, and whether windows slide.

use proc_macro2::TokenStream;
use quote::quote;

use super::{at, ctx, pin, var};
use crate::ops::{Memory, Records};
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

/// The watermarks of the operators in a stage that give records their time, when all of its tasks
/// have ended.
pub(super) fn watermarks(stages: &Stages<'_>, stage: usize) -> TokenStream {
    let ctx = ctx();
    let nodes = stages.graph.nodes.iter().enumerate();
    let inputs = nodes.filter(|(index, node)| {
        let memory = node.op().map(|op| op.memory);
        stages.stage_of[*index] == stage && memory == Some(Memory::Watermark)
    });
    inputs
        .map(|(index, node)| {
            let (op, slot, mark) = (var("o", index), var("slot", index), var("wm", index));
            let told = quote!(#op.watermark(#ctx, &mut #slot)?);
            let told = pin(node.span, told);
            quote!(let #mark = #told; let _ = #mark;)
        })
        .collect()
}

/// Before records come to a window over event time: what it remembers of how far that time has come.
pub(super) fn beginnings(stages: &Stages<'_>, terminals: &[(usize, usize)]) -> TokenStream {
    let ctx = ctx();
    let windows = terminals.iter().map(|(node, _)| *node);
    let windows = windows.filter(|node| is_over_time(stages, *node));
    windows
        .map(|node| {
            let (op, slot) = (var("o", node), var("slot", node));
            pin(
                stages.graph.nodes[node].span,
                quote!(#op.begin(#ctx, &#slot);),
            )
        })
        .collect()
}

fn is_over_time(stages: &Stages<'_>, node: usize) -> bool {
    let op = stages.graph.nodes[node].op();
    op.is_some_and(|op| op.records == Records::Timed)
}

/// For a window over event time: the watermarks of the streams that come together there.
pub(super) fn marks(stages: &Stages<'_>, node: usize) -> Option<TokenStream> {
    if !is_over_time(stages, node) {
        return None;
    }
    let marks = stages.graph.timed_by(node);
    let marks = marks.into_iter().map(|index| var("wm", index));
    Some(quote!(&[#(#marks),*],))
}
