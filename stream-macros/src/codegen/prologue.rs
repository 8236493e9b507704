//! What is done once, when the job is made: the user's plain Rust, in source order.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Expr, Type};

use super::rt;
use crate::graph::{Graph, PrologueItem};
use crate::syntax::Param;

pub(super) fn emit(graph: &Graph<'_>) -> TokenStream {
    let items = graph.items.iter().map(|item| &item.tokens);
    let statements = statements(&graph.prologue);
    quote!(#(#items)* #statements)
}

fn statements(prologue: &[PrologueItem<'_>]) -> TokenStream {
    prologue.iter().map(statement).collect()
}

fn statement(item: &PrologueItem<'_>) -> TokenStream {
    match item {
        PrologueItem::Rust(prologue) => prologue.tokens.clone(),
        PrologueItem::Inlined {
            values,
            prologue,
            left,
        } => {
            let (values, prologue) = (bindings(values), statements(prologue));
            let (inside, after): (Vec<_>, Vec<_>) = left.iter().map(|(a, b)| (a, b)).unzip();
            match left.is_empty() {
                true => quote!({ #values #prologue }),
                false => quote!(let (#(#after,)*) = { #values #prologue (#(#inside,)*) };),
            }
        }
    }
}

/// The parameters of a sub-pipeline that are values: all at once, since an argument may use a name
/// that a parameter has too.
fn bindings(values: &[(&Param, Type, &Expr)]) -> TokenStream {
    if values.is_empty() {
        return TokenStream::new();
    }
    let patterns = values.iter().map(|(param, _, _)| {
        let (mutability, name) = (param.mutability, &param.name);
        quote!(#mutability #name)
    });
    let types = values.iter().map(|(_, ty, _)| ty);
    let values = values.iter().map(|(_, _, value)| passed(value));
    quote!(let (#(#patterns,)*): (#(#types,)*) = (#(#values,)*);)
}

/// A variable is copied, since it may be passed more than once.
fn passed(value: &Expr) -> TokenStream {
    let rt = rt();
    match value {
        Expr::Path(_) => quote!(#rt::expect::variable(&#value)),
        _ => value.to_token_stream(),
    }
}
