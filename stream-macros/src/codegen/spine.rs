//! The spine: the user's operators as one typed call each.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{ctx, rt, var};
use crate::graph::{Graph, NodeKind, SpineItem};
use crate::syntax::{Call, ParamKind};

/// All calls in source order. From them rustc learns the type of every stream.
pub(super) fn emit(graph: &Graph<'_>) -> TokenStream {
    let sinks = sinks(graph);
    let items = graph.spine.iter().map(|item| match item {
        SpineItem::Source { node } => source(graph, *node),
        SpineItem::Call {
            node,
            receiver,
            call,
            arguments,
        } => operator(graph, *node, receiver, call, arguments),
        SpineItem::Bind { pattern, ty, value } => {
            let ty = ty.as_ref().map(|ty| quote!(: #ty));
            quote!(let #pattern #ty = #value;)
        }
    });
    quote!(#sinks #(#items)*)
}

/// An input: its blocks, its operator value, and its type under the user's name.
fn source(graph: &Graph<'_>, node: usize) -> TokenStream {
    let NodeKind::Source(index) = graph.nodes[node].kind else {
        unreachable!("a source of the spine is a source")
    };
    let param = &graph.function.params[index];
    let ParamKind::Stream(record) = &param.kind else {
        unreachable!("a source is a stream parameter")
    };
    let (rt, ctx, name, ty) = (rt(), ctx(), &param.name, &param.ty);
    let (input, blocks, op) = (var("in", node), var("b", node), var("o", node));
    let stream = crate::graph::Port { node, port: 0 }.stream();
    let family = super::item::family(record);
    let call = quote_spanned!(Span::mixed_site().located_at(name.span())=> #rt::source::<#family, _>(&#blocks));
    quote! {
        let #blocks = #input.blocks(#ctx);
        let (#op, #stream) = #call;
        let #name: #ty = #stream;
    }
}

/// Sinks under their names, for their types.
fn sinks(graph: &Graph<'_>) -> TokenStream {
    let rt = rt();
    let sinks = graph
        .function
        .params
        .iter()
        .filter(|param| matches!(param.kind, ParamKind::Sink(_)));
    sinks
        .map(|param| (&param.name, &param.ty))
        .map(|(name, ty)| quote!(let #name: #ty = #rt::sink();))
        .collect()
}

/// One operator: the user's own name, turbofish and arguments.
fn operator(
    graph: &Graph<'_>,
    node: usize,
    receiver: &TokenStream,
    call: &Call,
    arguments: &TokenStream,
) -> TokenStream {
    let op = var("o", node);
    let shape = graph.nodes[node].shape().expect("an operator has a shape");
    let streams: Vec<_> = (0..shape.ports())
        .map(|port| crate::graph::Port { node, port }.stream())
        .collect();
    let streams = match &streams[..] {
        [stream] => quote!(#stream),
        streams => quote!((#(#streams),*)),
    };
    let Call {
        name, turbofish, ..
    } = call;
    quote!(let (#op, #streams) = #receiver.#name #turbofish #arguments;)
}
