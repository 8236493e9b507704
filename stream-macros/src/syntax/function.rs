//! `fn` items: attributes, signature, body.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    Attribute, FnArg, GenericArgument, Generics, Ident, Pat, PathArguments, ReturnType, Token,
    Type, Visibility, WhereClause, braced, parenthesized,
};

use super::{Function, Param, ParamKind, Scope, attributes, body};
use crate::diagnostics::Diagnostics;

/// The functions that return something, found before anything is parsed: a body may call one that
/// stands further down.
pub(super) fn names_of_sub_pipelines(input: &TokenStream) -> HashSet<String> {
    let tokens: Vec<TokenTree> = input.clone().into_iter().collect();
    let mut names = HashSet::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        let [TokenTree::Ident(keyword), TokenTree::Ident(name)] = pair else {
            continue;
        };
        if keyword == "fn" && returns_something(&tokens[at + 2..]) {
            names.insert(name.to_string());
        }
    }
    names
}

/// Whether an arrow comes before the body.
fn returns_something(after_name: &[TokenTree]) -> bool {
    let is_body = |token: &&TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Brace);
    let params = after_name.iter().position(|token| {
        matches!(token, TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Parenthesis)
    });
    let header = after_name[params.unwrap_or(0)..]
        .iter()
        .take_while(|token| !is_body(token));
    let texts: Vec<String> = header.map(ToString::to_string).collect();
    texts
        .windows(2)
        .any(|pair| pair[0] == "-" && pair[1] == ">")
}

/// Parses one function. Only a broken header is an error; the body recovers by itself.
pub(super) fn parse(
    input: ParseStream<'_>,
    sub_pipelines: &HashSet<String>,
    diagnostics: &mut Diagnostics,
) -> syn::Result<Function> {
    let errors = diagnostics.len();
    let attrs = input.call(Attribute::parse_outer)?;
    let vis: Visibility = input.parse()?;
    check_is_fn(input)?;
    input.parse::<Token![fn]>()?;
    let name: Ident = input.parse()?;
    let mut generics: Generics = input.parse()?;
    let params;
    parenthesized!(params in input);
    let params = Punctuated::<FnArg, Token![,]>::parse_terminated(&params)?;
    let returns: ReturnType = input.parse()?;
    generics.where_clause = input.parse::<Option<WhereClause>>()?;
    let content;
    braced!(content in input);

    let (settings, attrs) = attributes::split(attrs, diagnostics);
    let params: Vec<Param> = params
        .into_iter()
        .filter_map(|param| parse_param(param, diagnostics))
        .collect();
    let scope = scope_of(&params, sub_pipelines);
    let body = body::parse(&content, scope, diagnostics);
    let returns = match returns {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some(*ty),
    };
    let function = Function {
        attrs,
        settings,
        vis,
        name,
        generics,
        params,
        returns,
        body,
        errors: (errors, diagnostics.len()),
    };
    Ok(function)
}

fn check_is_fn(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(Token![fn]) {
        return Ok(());
    }
    let message = if input.peek(Token![async])
        || input.peek(Token![unsafe])
        || input.peek(Token![const])
    {
        "a pipeline is a plain `fn`: it describes what is done with each batch, and the scheduler runs it\n\nhelp: take this word out"
    } else {
        "`stream!` holds `fn` items, each of which is a pipeline\n\nhelp: write `stream!( pub fn name(lines: Stream<&str>) { … } );`"
    };
    Err(input.error(message))
}

fn parse_param(param: FnArg, diagnostics: &mut Diagnostics) -> Option<Param> {
    let param = match param {
        FnArg::Typed(param) => param,
        FnArg::Receiver(receiver) => {
            let help = "name the inputs, as in `lines: Stream<&str>`";
            diagnostics.error(receiver.self_token.span, "a pipeline has no `self`", help);
            return None;
        }
    };
    let Pat::Ident(pat) = *param.pat else {
        let help = "take the parts out in the prologue: `let (a, b) = pair;`";
        diagnostics.error(
            param.pat.span(),
            "a parameter of a pipeline is a plain name",
            help,
        );
        return None;
    };
    let kind = kind_of(&param.ty);
    Some(Param {
        name: pat.ident,
        ty: *param.ty,
        kind,
    })
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
        ("Stream", Some(record)) => ParamKind::Stream(record),
        ("Sink", Some(record)) => ParamKind::Sink(record),
        ("Broadcast" | "Accumulator", _) => ParamKind::Shared,
        _ => ParamKind::Constant,
    }
}

fn scope_of(params: &[Param], sub_pipelines: &HashSet<String>) -> Scope {
    let mut scope = Scope {
        sub_pipelines: sub_pipelines.clone(),
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
