//! The item: signature, prologue, and the job around the batch function.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{arena, at, ctx, family, glue, prologue, rt, var};
use crate::graph::{Graph, NodeKind};
use crate::syntax::{Function, Param, ParamKind};

/// The function around the plan and the body of the batch function.
pub(super) fn emit(
    graph: &Graph<'_>,
    plan: &TokenStream,
    slots: &TokenStream,
    batch: &TokenStream,
) -> TokenStream {
    let static_plan = super::plan();
    let signature = signature(graph.function);
    let opening = opening(graph);
    let controls = sources(graph)
        .into_iter()
        .map(|(node, _)| var("in", node))
        .map(|input| quote!(#input.control()));
    let function = batch_function(graph, slots, batch);
    let settings = settings(graph.function);
    let (shared, sharing) = sharing(graph.function);
    // What rustc finds wrong with the whole stands where the name does.
    let (place, rt) = (
        graph.function.name.span(),
        at(graph.function.name.span(), rt()),
    );
    let job = quote_spanned! {glue(place)=>
        #rt::Job::new(
            &#static_plan,
            (::core::env!("CARGO_PKG_NAME"), ::core::env!("CARGO_PKG_VERSION")),
            #rt::Vec::from([#(#controls),*]),
            #function,
        )
    };
    quote! {
        #signature {
            #opening
            #plan
            #shared
            #job
            #sharing
            #settings
        }
    }
}

/// What is done once: the prologue, and the inputs and sinks under their generated names.
pub(super) fn opening(graph: &Graph<'_>) -> TokenStream {
    let rt = rt();
    let prologue = prologue::emit(graph);
    let sources = sources(graph);
    let inputs = sources.iter().map(|(node, param)| {
        let (input, name, text) = (var("in", *node), &param.name, param.name.to_string());
        quote!(let #input = #rt::Input::new(#text, #name);)
    });
    let sinks = graph
        .function
        .params
        .iter()
        .enumerate()
        .filter(|(_, param)| matches!(param.kind, ParamKind::Sink(_)));
    let sinks = sinks.map(|(index, param)| {
        let (writer, name) = (var("k", index), &param.name);
        let family = family::of_param(graph, index);
        quote_spanned!(glue(name.span())=> let mut #writer = #rt::output::<#family, _>(#name);)
    });
    quote!(#prologue #(#inputs)* #(#sinks)*)
}

/// What is done for each batch.
pub(super) fn batch_function(
    graph: &Graph<'_>,
    slots: &TokenStream,
    batch: &TokenStream,
) -> TokenStream {
    let (rt, ctx, arena, time) = (rt(), ctx(), arena(), var("time", 0));
    let shared = shared(graph.function)
        .into_iter()
        .map(|name| quote!(let #name = &#name; let _ = #name;));
    quote_spanned! {glue(graph.function.name.span())=>
        move |#ctx: &#rt::BatchContext<'_>| {
            #slots
            let #arena = #rt::Arena::new();
            let #time = #ctx.time();
            #(#shared)*
            #batch
            #rt::Ok(())
        }
    }
}

/// The user's attributes, visibility, name, generics and parameters; a job comes out.
pub(super) fn signature(function: &Function) -> TokenStream {
    let Function {
        attrs,
        vis,
        fn_token,
        name,
        generics,
        params,
        close,
        ..
    } = function;
    let params = params.iter().map(param);
    let where_clause = &generics.where_clause;
    let result = quote_spanned!(*close=> (#(#params),*) -> ::stream_runtime::Job);
    quote!(#(#attrs)* #vis #fn_token #name #generics #result #where_clause)
}

fn param(param: &Param) -> TokenStream {
    let Param {
        mutability,
        name,
        ty,
        kind,
    } = param;
    match kind {
        ParamKind::Stream(record) => {
            let records = family::records(record);
            quote_spanned!(ty.span()=> #mutability #name: impl ::stream_runtime::receiver::Feeds<#records>)
        }
        ParamKind::Sink(record) => {
            let records = family::records(record);
            quote_spanned!(ty.span()=> #mutability #name: impl ::stream_runtime::sink::Takes<#records>)
        }
        _ => quote!(#mutability #name: #ty),
    }
}

/// The inputs: node and parameter.
fn sources<'g>(graph: &'g Graph<'_>) -> Vec<(usize, &'g Param)> {
    let nodes = graph.nodes.iter().enumerate();
    nodes
        .filter_map(|(index, node)| match node.kind {
            NodeKind::Source(param) => Some((index, &graph.function.params[param])),
            _ => None,
        })
        .collect()
}

/// Handles to what a checkpoint saves besides states, taken before the batch function takes the
/// parameters; and the call that gives them to the job.
fn sharing(function: &Function) -> (TokenStream, TokenStream) {
    let (rt, handles) = (rt(), var("shared", 0));
    let shared = shared(function);
    if shared.is_empty() {
        return (TokenStream::new(), TokenStream::new());
    }
    let saved = shared.iter().map(|name| quote!(#rt::Shared::saved(&#name)));
    (
        quote!(let #handles = #rt::Vec::from([#(#saved),*]);),
        quote!(.sharing(#handles)),
    )
}

/// The accumulators and broadcast values.
fn shared(function: &Function) -> Vec<&Ident> {
    let params = function.params.iter();
    params
        .filter(|param| matches!(param.kind, ParamKind::Shared))
        .map(|param| &param.name)
        .collect()
}

fn settings(function: &Function) -> TokenStream {
    let settings = &function.settings;
    let batch = settings.batch.as_ref().and_then(|batch| {
        let value = batch.value.as_ref()?;
        Some(quote_spanned!(glue(batch.name.span())=> .batch_interval(#value)))
    });
    let partitions = settings.partitions.as_ref().and_then(|partitions| {
        let value = partitions.value.as_ref()?;
        Some(quote_spanned!(glue(partitions.name.span())=> .partitions(#value)))
    });
    let checkpoint = settings.checkpoint.as_ref().and_then(|checkpoint| {
        let value = checkpoint.value.as_ref()?;
        Some(quote_spanned!(glue(checkpoint.name.span())=> .checkpoint_every(#value)))
    });
    quote!(#batch #partitions #checkpoint)
}
