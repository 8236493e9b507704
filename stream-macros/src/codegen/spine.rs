//! The spine: the user's operators as one typed call each.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

use super::{arguments, at, ctx, expectations, family, glue, rt, var};
use crate::graph::{Entity, Graph, NodeKind, Operand, Port, SpineCall, SpineItem, sink};
use crate::syntax::{Call, ParamKind};

/// All calls in source order. From them rustc learns the type of every stream.
pub(super) fn emit(graph: &Graph<'_>) -> TokenStream {
    let sinks = sinks(graph);
    let kept = graph.kept.iter().map(|kept| {
        let (place, variable) = (&kept.place, &kept.variable);
        quote!(let #place = &#variable;)
    });
    let items = graph.spine.iter().map(|item| statement(graph, item));
    quote!(#sinks #(#kept)* #(#items)*)
}

fn statement(graph: &Graph<'_>, item: &SpineItem) -> TokenStream {
    let rt = rt();
    match item {
        SpineItem::Source { node } => source(graph, *node),
        SpineItem::Call(call) => operator(graph, call),
        SpineItem::Rest { input, calls } => rest(input, calls),
        SpineItem::Bind { pattern, place } => bind(pattern, place),
        SpineItem::Value { name, place } => {
            let copy = at(name.span(), quote!(#rt::expect::variable(#place)));
            bind(name, &copy)
        }
        SpineItem::Restore { name, entity } => restore(name, entity),
        SpineItem::Pass { name, ty, argument } => pass(name, ty, argument),
        SpineItem::Ascribe { ty, ports, made_by } => {
            let streams = at(*made_by, streams(ports));
            quote!(let _: #ty = #streams;)
        }
    }
}

/// An input: its blocks, its operator value, and its type under the user's name.
fn source(graph: &Graph<'_>, node: usize) -> TokenStream {
    let NodeKind::Source(index) = graph.nodes[node].kind else {
        unreachable!("a source of the spine is a source")
    };
    let param = &graph.function.params[index];
    let (rt, ctx, name, ty) = (rt(), ctx(), &param.name, &param.ty);
    let (input, blocks, op) = (var("in", node), var("b", node), var("o", node));
    let stream = Port { node, port: 0 }.stream();
    let family = family::of_param(graph, index);
    let call = quote_spanned!(glue(name.span())=> #rt::source::<#family, _>(&#blocks));
    let blocks = at(name.span(), quote!(let #blocks = #input.blocks(#ctx);));
    quote! {
        #blocks
        let (#op, #stream) = #call;
        let #name: #ty = #stream;
        let _ = &#name;
    }
}

/// Sinks under their names, for their types.
fn sinks(graph: &Graph<'_>) -> TokenStream {
    let rt = rt();
    let params = graph.function.params.iter().enumerate();
    params
        .filter(|(_, param)| matches!(param.kind, ParamKind::Sink(_)))
        .map(|(index, param)| {
            let (name, ty, sink) = (&param.name, &param.ty, sink(index));
            let named = bind(name, &quote!(#sink));
            quote!(let #sink: #ty = #rt::sink(); #named)
        })
        .collect()
}

/// One operator: the user's own name, turbofish and arguments.
fn operator(graph: &Graph<'_>, spine_call: &SpineCall) -> TokenStream {
    let SpineCall {
        node, input, call, ..
    } = spine_call;
    let place = call.name.span();
    let ports = graph.nodes[*node]
        .shape()
        .map_or(0, |shape| shape.streams());
    let ports: Vec<_> = (0..ports).map(|port| Port { node: *node, port }).collect();
    let out = streams(&ports);
    let op = var("o", *node);
    let results = at(place, quote!((mut #op, #out)));
    let receiver = at(place, var("i", *node).into_token_stream());
    let input = located(place, input);
    let expectations = expectations::emit(graph, spine_call, &receiver);
    let arguments = arguments::emit(graph, spine_call);
    // The name stands where the user's does, but is glue: so rustc points at it, and not at the
    // whole macro, when the records are not what the operator takes.
    let method = graph.nodes[*node].op().map_or("", |op| op.method);
    let name = at(place, Ident::new(method, place).into_token_stream());
    let (call, turbofish) = (at(place, quote!(#receiver.#name)), &call.turbofish);
    // A line in a report is the user's only if the call stands in the user's own place.
    let stand_here = quote_spanned!(place=> stand_here());
    quote! {
        let #receiver = #input;
        #expectations
        let #results = #call #turbofish #arguments;
        #op.site.#stand_here;
    }
}

/// One stream, or a tuple of them.
fn streams(ports: &[Port]) -> TokenStream {
    let streams = ports.iter().map(|port| port.stream());
    match ports {
        [_] => quote!(#(#streams)*),
        _ => quote!((#(#streams),*)),
    }
}

/// The user's token, or a generated one that stands where the operator does.
fn located(place: Span, operand: &Operand) -> TokenStream {
    match &operand.name {
        Some(name) => quote!(#name),
        None => at(place, operand.port.stream().into_token_stream()),
    }
}

fn rest(input: &Operand, calls: &[Call]) -> TokenStream {
    let calls = calls.iter().map(|call| {
        let arguments = call.arguments.as_ref().map(|arguments| &arguments.tokens);
        let (name, turbofish) = (&call.name, &call.turbofish);
        quote!(.#name #turbofish #arguments)
    });
    quote!(let _ = #input #(#calls)*;)
}

fn restore(name: &Ident, entity: &Entity) -> TokenStream {
    let rt = rt();
    let value = match entity {
        Entity::Stream(port, _) => port.stream().to_token_stream(),
        Entity::Sink(index) => sink(*index).to_token_stream(),
        Entity::Value(place) => quote!(#rt::expect::variable(#place)),
        Entity::Missing => return TokenStream::new(),
    };
    bind(name, &value)
}

/// A name for a stream or a variable. It may well be hidden before it is used, and given back by
/// another statement, so whether it is of use is not for rustc to say.
fn bind(pattern: &impl ToTokens, value: &TokenStream) -> TokenStream {
    let pattern = pattern.to_token_stream();
    let names = names_in(pattern.clone());
    quote!(let #pattern = #value; #(let _ = &#names;)*)
}

fn names_in(pattern: TokenStream) -> Vec<Ident> {
    let names = pattern.into_iter().flat_map(|token| match token {
        TokenTree::Ident(name) if name != "mut" && name != "_" => vec![name],
        TokenTree::Group(group) => names_in(group.stream()),
        _ => Vec::new(),
    });
    names.collect()
}

fn pass(name: &Ident, ty: &syn::Type, argument: &TokenStream) -> TokenStream {
    let rt = rt();
    let place = argument
        .clone()
        .into_iter()
        .next()
        .map_or_else(Span::mixed_site, |token| token.span());
    let passed = at(place, var("q", 0).into_token_stream());
    let call = at(place, quote!(#rt::expect::passed));
    let of = quote_spanned!(glue(place)=> #call::<#ty, _>(#passed));
    quote! {
        let #passed = #argument;
        let #name = #of;
    }
}
