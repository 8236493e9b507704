//! The fifth floor: from [`Stages`] to tokens.
//!
//! What goes out, in this order: the item with the user's attributes and signature; the prologue;
//! the plan; and the batch function, which has the spine (one typed call per operator, in source
//! order: the only place where the user's closures stand), then the stages, then the outputs.

mod fallback;
mod item;
mod outputs;
mod plan_text;
mod spine;
mod stage;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use crate::plan::Stages;

pub(crate) use fallback::fallback;

/// The function that makes the job.
pub(crate) fn emit(stages: &Stages<'_>) -> TokenStream {
    let spine = spine::emit(&stages.graph);
    let stage_loops = (0..stages.roots.len()).map(|stage| stage::emit(stages, stage));
    let outputs = outputs::emit(stages);
    let plan = plan_text::emit(stages);
    item::emit(
        &stages.graph,
        &plan,
        &quote!(#spine #(#stage_loops)* #outputs),
    )
}

/// The path to what generated code may name.
fn rt() -> TokenStream {
    quote!(::stream_runtime::__private)
}

/// A generated variable: `kind` and numbers, never the user's text.
fn var(kind: &str, node: usize) -> Ident {
    format_ident!("__{kind}{node}", span = Span::mixed_site())
}

/// A generated variable that belongs to one input or one output of a node.
fn var_at(kind: &str, node: usize, at: usize) -> Ident {
    format_ident!("__{kind}{node}_{at}", span = Span::mixed_site())
}

fn ctx() -> Ident {
    Ident::new("__ctx", Span::mixed_site())
}
