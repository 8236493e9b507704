//! The records of a parameter, as the runtime's types speak of them.
//!
//! The lifetime in `Stream<&str>` is that of a batch, which a signature cannot name. So the item
//! takes something that `Feeds<&'static str, Borrowed>`, and its body speaks of `Ref<str>`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, Ident, Lifetime, PathArguments, Type, TypePath, TypeReference};

use super::rt;
use crate::graph::Graph;
use crate::syntax::ParamKind;

/// The record type at the longest lifetime, and its mode, if that is not the default.
pub(super) fn records(record: &Type) -> TokenStream {
    let mut longest = record.clone();
    Longest.visit_type_mut(&mut longest);
    match mode(record) {
        Some(mode) => quote!(#longest, #mode),
        None => longest.into_token_stream(),
    }
}

/// Makes all lifetimes `'static`.
struct Longest;

impl VisitMut for Longest {
    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        let and = reference.and_token.span;
        reference.lifetime = Some(Lifetime::new("'static", and));
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        *lifetime = Lifetime::new("'static", lifetime.span());
    }
}

/// The mode of a record type in which something is borrowed.
fn mode(record: &Type) -> Option<TokenStream> {
    let (borrowed, owned) = (
        quote!(::stream_runtime::Borrowed),
        quote!(::stream_runtime::Owned),
    );
    match record {
        Type::Reference(_) => Some(borrowed),
        Type::Tuple(tuple) => {
            let modes: Vec<_> = tuple.elems.iter().map(mode).collect();
            let borrows = modes.iter().any(Option::is_some);
            let modes = modes.into_iter().map(|mode| mode.unwrap_or(owned.clone()));
            borrows.then(|| quote!((#(#modes,)*)))
        }
        Type::Paren(paren) => mode(&paren.elem),
        Type::Group(group) => mode(&group.elem),
        Type::Path(path) => {
            let (wrapper, inner) = wrapped(path)?;
            let mode = mode(inner)?;
            Some(quote!(#wrapper<#mode>))
        }
        _ => None,
    }
}

/// The family of a stream or sink parameter.
pub(super) fn of_param(graph: &Graph<'_>, index: usize) -> TokenStream {
    match &graph.function.params[index].kind {
        ParamKind::Stream(record) | ParamKind::Sink(record) => family(record),
        _ => unreachable!("only streams and sinks have records"),
    }
}

/// The family of a record type: `&T` is `Ref<T>`, a tuple is by component, all else is by value.
fn family(record: &Type) -> TokenStream {
    let rt = rt();
    if mode(record).is_none() {
        return quote_spanned!(record.span()=> #rt::Val<#record>);
    }
    match record {
        Type::Reference(TypeReference { elem, .. }) => {
            quote_spanned!(record.span()=> #rt::Ref<#elem>)
        }
        Type::Tuple(tuple) => {
            let families = tuple.elems.iter().map(family);
            quote!((#(#families,)*))
        }
        Type::Paren(paren) => family(&paren.elem),
        Type::Group(group) => family(&group.elem),
        Type::Path(path) if let Some((wrapper, inner)) = wrapped(path) => {
            let family = family(inner);
            quote_spanned!(record.span()=> #wrapper<#family>)
        }
        _ => unreachable!("only these have a mode"),
    }
}

/// `Option<T>` and `Vec<T>`.
fn wrapped(path: &TypePath) -> Option<(&Ident, &Type)> {
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let Some(GenericArgument::Type(inner)) = arguments.args.first() else {
        return None;
    };
    let wraps = last.ident == "Option" || last.ident == "Vec";
    wraps.then_some((&last.ident, inner))
}
