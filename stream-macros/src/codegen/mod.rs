//! The fifth floor: from [`Stages`] to tokens.
//!
//! What goes out, in this order: the item with the user's attributes and signature; the prologue;
//! the plan; and the batch function, which has the spine (one typed call per operator, in source
//! order: the only place where the user's closures stand), then the stages, then the outputs.

mod arguments;
mod expectations;
mod fallback;
mod family;
mod item;
mod memory;
mod outputs;
mod plan_text;
mod prologue;
mod spine;
mod stage;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};

use crate::plan::Stages;

pub(crate) use fallback::fallback;

/// The function that makes the job.
pub(crate) fn emit(stages: &Stages<'_>) -> TokenStream {
    let spine = spine::emit(&stages.graph);
    let stage_loops = (0..stages.roots.len()).map(|stage| stage::emit(stages, stage));
    let outputs = outputs::emit(stages);
    let loops = quote!(#(#stage_loops)* #outputs);
    let plan = plan_text::emit(stages);
    let (slots, slides) = (memory::slots(stages), memory::slides(stages));
    item::emit(&stages.graph, &plan, &slots, &quote!(#spine #slides #loops))
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

/// Generated `tokens`, to whose mistakes rustc points at `place`, a token of the user's. What rustc
/// finds wrong with the types of an operator it then says once, at the operator, although the spine
/// and the stages both name them.
fn at(place: Span, tokens: TokenStream) -> TokenStream {
    settle(place, tokens)
}

/// As [`at`], for a part of something that will settle elsewhere.
fn pin(place: Span, tokens: TokenStream) -> TokenStream {
    let settled = settle(place, tokens);
    TokenTree::Group(Group::new(Delimiter::None, settled)).into()
}

/// Puts generated tokens at `place`, except for the parts that are pinned elsewhere.
fn settle(place: Span, tokens: TokenStream) -> TokenStream {
    let mut settled = TokenStream::new();
    for mut token in tokens {
        if let TokenTree::Group(group) = &token {
            if group.delimiter() == Delimiter::None {
                settled.extend(group.stream());
                continue;
            }
            let inside = settle(place, group.stream());
            token = TokenTree::Group(Group::new(group.delimiter(), inside));
        }
        token.set_span(glue(place));
        settled.extend([token]);
    }
    settled
}

/// The span of generated code that belongs to a token of the user's.
fn glue(place: Span) -> Span {
    Span::mixed_site().located_at(place)
}

fn ctx() -> Ident {
    Ident::new("__ctx", Span::mixed_site())
}

fn arena() -> Ident {
    Ident::new("__arena", Span::mixed_site())
}

fn plan() -> Ident {
    Ident::new("__PLAN", Span::mixed_site())
}
