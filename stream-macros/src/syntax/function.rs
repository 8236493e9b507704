//! `fn` items: attributes, signature, body.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{
    Attribute, Generics, Ident, ReturnType, Token, Type, Visibility, WhereClause, braced, token,
};

use super::{Function, Param, ParamKind, Scope, attributes, body, param};
use crate::diagnostics::Diagnostics;

/// The names of all functions, found before anything is parsed: a body may call one that stands
/// further down.
pub(super) fn names(input: &TokenStream) -> HashSet<String> {
    let tokens: Vec<TokenTree> = input.clone().into_iter().collect();
    let pairs = tokens.windows(2).filter_map(|pair| match pair {
        [TokenTree::Ident(keyword), TokenTree::Ident(name)] if keyword == "fn" => Some(name),
        _ => None,
    });
    pairs.map(ToString::to_string).collect()
}

/// Parses one function. Only a broken header is an error; the body recovers by itself.
pub(super) fn parse(
    input: ParseStream<'_>,
    names: &HashSet<String>,
    diagnostics: &mut Diagnostics,
) -> syn::Result<Function> {
    let errors_before = diagnostics.len();
    let attrs = input.call(Attribute::parse_outer)?;
    let vis: Visibility = input.parse()?;
    check_is_fn(input)?;
    let fn_token: Token![fn] = input.parse()?;
    let name: Ident = input.parse()?;
    let mut generics: Generics = input.parse()?;
    let (params, close) = param::parse_all(input, diagnostics)?;
    let returns = parse_result(input, diagnostics)?;
    generics.where_clause = input.parse::<Option<WhereClause>>()?;
    check_has_body(input)?;
    let content;
    braced!(content in input);

    let (settings, attrs) = attributes::split(attrs, diagnostics);
    let scope = scope_of(&params, names);
    let body = body::parse(&content, scope, returns.is_some(), diagnostics);
    Ok(Function {
        attrs,
        settings,
        vis,
        fn_token,
        name,
        generics,
        params,
        close,
        returns,
        body,
        is_broken: diagnostics.len() > errors_before,
    })
}

/// Whether a function may begin here.
pub(super) fn begins(input: ParseStream<'_>) -> bool {
    input.peek(Token![#])
        || input.peek(Token![pub])
        || input.peek(Token![fn])
        || input.peek(Token![async])
        || input.peek(Token![unsafe])
}

fn check_is_fn(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(Token![fn]) {
        return Ok(());
    }
    let is_qualifier =
        input.peek(Token![async]) || input.peek(Token![unsafe]) || input.peek(Token![const]);
    let message = if is_qualifier {
        "a pipeline is a plain `fn`: it describes what is done with each batch, and the scheduler runs it\nhelp: take this word out"
    } else {
        "`stream!` holds `fn` items, each of which is a pipeline\nhelp: put this before `stream!`, and pipelines inside: `fn name(lines: Stream<&str>) { … }`"
    };
    Err(input.error(message))
}

fn check_has_body(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(token::Brace) {
        return Ok(());
    }
    Err(input.error("the body of the pipeline is missing\nhelp: write `{ … }` here"))
}

/// The result. A `Job` is what every pipeline makes; it is reported, and then as good as not there.
fn parse_result(
    input: ParseStream<'_>,
    diagnostics: &mut Diagnostics,
) -> syn::Result<Option<Type>> {
    let ReturnType::Type(_, ty) = input.parse()? else {
        return Ok(None);
    };
    if let Type::Path(path) = &*ty
        && path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "Job")
    {
        let message = "a pipeline is written without a result; what it makes is always a `Job`";
        diagnostics.error(ty.span(), message, "take the result away");
        return Ok(None);
    }
    Ok(Some(*ty))
}

fn scope_of(params: &[Param], names: &HashSet<String>) -> Scope {
    let mut scope = Scope {
        functions: names.clone(),
        ..Scope::default()
    };
    for param in params {
        let names = match param.kind {
            ParamKind::Stream(_) | ParamKind::Unknown => &mut scope.streams,
            _ => &mut scope.values,
        };
        names.insert(param.name.to_string());
    }
    scope
}
