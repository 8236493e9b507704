//! `fn` items: attributes, signature, body.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{
    Attribute, FnArg, GenericArgument, Generics, Ident, Pat, PatIdent, PathArguments, ReturnType,
    Token, Type, Visibility, WhereClause, braced, parenthesized, token,
};

use super::{Function, Param, ParamKind, Scope, attributes, body};
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
    let (params, close) = parse_params(input, diagnostics)?;
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

/// The parameters, and the place of the closing parenthesis.
fn parse_params(
    input: ParseStream<'_>,
    diagnostics: &mut Diagnostics,
) -> syn::Result<(Vec<Param>, Span)> {
    let content;
    let paren = parenthesized!(content in input);
    let mut params: Vec<Param> = Vec::new();
    while !content.is_empty() {
        if let Some(mut param) = parse_param(&content, diagnostics)? {
            check_name_is_new(&mut param, &params, diagnostics);
            params.push(param);
        }
        if !content.is_empty() {
            content.parse::<Token![,]>()?;
        }
    }
    Ok((params, paren.span.close()))
}

fn parse_param(
    input: ParseStream<'_>,
    diagnostics: &mut Diagnostics,
) -> syn::Result<Option<Param>> {
    if input.peek(Ident) && (input.peek2(Token![,]) || input.peek2(syn::parse::End)) {
        let name: Ident = input.parse()?;
        let help = format!("write `{name}: Stream<&str>`, with the type of its records");
        diagnostics.error(name.span(), format!("`{name}` has no type"), help);
        return Ok(None);
    }
    Ok(match input.parse()? {
        FnArg::Typed(param) => match *param.pat {
            Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
                Some(param_of(pat, *param.ty))
            }
            pat => {
                let message = "a parameter of a pipeline is a plain name";
                let help = "take the parts out in the first line of the body: `let (a, b) = pair;`";
                diagnostics.error(pat.span(), message, help);
                None
            }
        },
        FnArg::Receiver(receiver) => {
            let help = "name the inputs, as in `lines: Stream<&str>`";
            diagnostics.error(receiver.self_token.span, "a pipeline has no `self`", help);
            None
        }
    })
}

fn param_of(pat: PatIdent, ty: Type) -> Param {
    Param {
        mutability: pat.mutability,
        name: pat.ident,
        kind: kind_of(&ty),
        ty,
    }
}

/// A name that is there already is reported, and replaced, so that rustc does not report it again.
fn check_name_is_new(param: &mut Param, before: &[Param], diagnostics: &mut Diagnostics) {
    if before.iter().any(|other| other.name == param.name) {
        let message = format!("the name `{}` is used twice", param.name);
        let help = "give each parameter a name of its own";
        diagnostics.error(param.name.span(), message, help);
        param.name = Ident::new("__again", Span::mixed_site().located_at(param.name.span()));
    }
}

/// The kind of a parameter, by the last word of its type's path.
fn kind_of(ty: &Type) -> ParamKind {
    let Type::Path(path) = ty else {
        return ParamKind::Constant;
    };
    let Some(last) = path.path.segments.last() else {
        return ParamKind::Constant;
    };
    let argument = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(ty)) => Some(Box::new(ty.clone())),
            _ => None,
        },
        _ => None,
    };
    match (last.ident.to_string().as_str(), argument) {
        ("Stream", record) => ParamKind::Stream(record.unwrap_or_else(|| missing(ty))),
        ("Sink", record) => ParamKind::Sink(record.unwrap_or_else(|| missing(ty))),
        ("Broadcast" | "Accumulator", _) => ParamKind::Shared,
        _ => ParamKind::Constant,
    }
}

/// The record of a `Stream` without one: rustc says of the type itself what is missing.
fn missing(ty: &Type) -> Box<Type> {
    Box::new(Type::Verbatim(ty.to_token_stream()))
}

fn scope_of(params: &[Param], names: &HashSet<String>) -> Scope {
    let mut scope = Scope {
        functions: names.clone(),
        ..Scope::default()
    };
    for param in params {
        let names = match param.kind {
            ParamKind::Stream(_) => &mut scope.streams,
            _ => &mut scope.values,
        };
        names.insert(param.name.to_string());
    }
    scope
}
