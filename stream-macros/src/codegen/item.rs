//! The item: signature, prologue, and the job around the batch function.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Type, TypeReference};

use super::{ctx, rt, var};
use crate::graph::{Graph, NodeKind};
use crate::syntax::{Function, Param, ParamKind};

/// The function around the plan and the body of the batch function.
pub(super) fn emit(graph: &Graph<'_>, plan: &TokenStream, batch: &TokenStream) -> TokenStream {
    let (rt, ctx) = (rt(), ctx());
    let prologue = &graph.prologue;
    let sources = sources(graph);
    let inputs = sources.iter().map(|(node, param)| {
        let (input, name, text) = (var("in", *node), &param.name, param.name.to_string());
        quote!(let #input = #rt::Input::new(#text, #name);)
    });
    let controls = sources
        .iter()
        .map(|(node, _)| var("in", *node))
        .map(|input| quote!(#input.control()));
    let sinks = graph
        .function
        .params
        .iter()
        .enumerate()
        .filter(|(_, param)| matches!(param.kind, ParamKind::Sink(_)));
    let sinks = sinks.map(|(index, param)| {
        let (writer, name) = (var("k", index), &param.name);
        quote!(let mut #writer = #name;)
    });
    let shared = graph
        .function
        .params
        .iter()
        .filter(|param| matches!(param.kind, ParamKind::Shared));
    let shared = shared
        .map(|param| &param.name)
        .map(|name| quote!(let #name = &#name;));
    let time = var("time", 0);
    let settings = settings(graph.function);
    let signature = signature(graph.function);
    quote! {
        #signature {
            #(#prologue)*
            #plan
            #(#inputs)*
            #(#sinks)*
            #rt::Job::new(
                &__PLAN,
                (::core::env!("CARGO_PKG_NAME"), ::core::env!("CARGO_PKG_VERSION")),
                #rt::Vec::from([#(#controls),*]),
                move |#ctx: &#rt::BatchContext<'_>| {
                    use #rt::{ByCopy as _, ByReference as _};
                    let __arena = #rt::Arena::new();
                    let #time = #ctx.time();
                    #(#shared)*
                    #batch
                    #rt::Ok(())
                },
            )
            #settings
        }
    }
}

/// The user's attributes, visibility, name, generics and parameters; a job comes out.
pub(super) fn signature(function: &Function) -> TokenStream {
    let rt = rt();
    let Function {
        attrs,
        vis,
        name,
        generics,
        params,
        ..
    } = function;
    let params = params.iter().map(|param| {
        let (name, ty) = (&param.name, &param.ty);
        match &param.kind {
            ParamKind::Stream(record) => {
                let family = family(record);
                quote_spanned!(ty.span()=> #name: impl #rt::Feed<#family>)
            }
            ParamKind::Sink(record) => {
                let family = family(record);
                quote_spanned!(ty.span()=> #name: impl #rt::BatchWriter<#family>)
            }
            ParamKind::Shared | ParamKind::Constant => quote!(#name: #ty),
        }
    });
    let where_clause = &generics.where_clause;
    quote!(#(#attrs)* #vis fn #name #generics (#(#params),*) -> #rt::Job #where_clause)
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

fn settings(function: &Function) -> TokenStream {
    let batch = function
        .settings
        .batch
        .as_ref()
        .map(|batch| quote!(.batch_interval(#batch)));
    let partitions = function
        .settings
        .partitions
        .as_ref()
        .map(|partitions| quote!(.partitions(#partitions)));
    quote!(#batch #partitions)
}

/// The family of a stream or sink parameter.
pub(super) fn family_of_param(graph: &Graph<'_>, index: usize) -> TokenStream {
    match &graph.function.params[index].kind {
        ParamKind::Stream(record) | ParamKind::Sink(record) => family(record),
        ParamKind::Shared | ParamKind::Constant => {
            unreachable!("only streams and sinks have records")
        }
    }
}

/// The family of a record type: `&T` is `Ref<T>`, a tuple is by component, all else is by value.
pub(super) fn family(record: &Type) -> TokenStream {
    let rt = rt();
    match record {
        Type::Reference(TypeReference {
            elem,
            mutability: None,
            ..
        }) => {
            quote_spanned!(record.span()=> #rt::Ref<#elem>)
        }
        Type::Tuple(tuple) if !tuple.elems.is_empty() => {
            let families = tuple.elems.iter().map(family);
            quote!((#(#families,)*))
        }
        Type::Paren(paren) => family(&paren.elem),
        Type::Group(group) => family(&group.elem),
        Type::Path(path) if let Some((wrapper, inner)) = wrapped_borrow(path) => {
            let family = family(inner);
            quote_spanned!(record.span()=> #wrapper<#family>)
        }
        _ => quote_spanned!(record.span()=> #rt::Val<#record>),
    }
}

/// `Option<T>` and `Vec<T>` of something that borrows.
fn wrapped_borrow(path: &syn::TypePath) -> Option<(&syn::Ident, &Type)> {
    let last = path.path.segments.last()?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let Some(syn::GenericArgument::Type(inner)) = arguments.args.first() else {
        return None;
    };
    let wraps = (last.ident == "Option" || last.ident == "Vec") && borrows(inner);
    wraps.then_some((&last.ident, inner))
}

fn borrows(ty: &Type) -> bool {
    match ty {
        Type::Reference(_) => true,
        Type::Tuple(tuple) => tuple.elems.iter().any(borrows),
        Type::Path(path) => wrapped_borrow(path).is_some(),
        _ => false,
    }
}
