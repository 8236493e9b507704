//! Parameters: names and types.

use proc_macro2::Span;
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    FnArg, GenericArgument, Ident, Pat, PathArguments, Token, Type, TypeReference, parenthesized,
    parse_quote,
};

use super::{Param, ParamKind};
use crate::diagnostics::Diagnostics;

/// The parameters, and the place of the closing parenthesis.
pub(super) fn parse_all(
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
        return Ok(Some(unknown(name)));
    }
    Ok(match input.parse()? {
        FnArg::Typed(param) => Some(typed(*param.pat, *param.ty, diagnostics)),
        FnArg::Receiver(receiver) => {
            let help = "name the inputs, as in `lines: Stream<&str>`";
            diagnostics.error(receiver.self_token.span, "a pipeline has no `self`", help);
            None
        }
    })
}

fn typed(pat: Pat, ty: Type, diagnostics: &mut Diagnostics) -> Param {
    let (mutability, name) = match pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
            (pat.mutability, pat.ident)
        }
        pat => {
            let message = "a parameter of a pipeline is a plain name";
            let help = "take the parts out in the first line of the body: `let (a, b) = pair;`";
            diagnostics.error(pat.span(), message, help);
            (None, placeholder(pat.span()))
        }
    };
    let kind = kind_of(&ty);
    if let ParamKind::Stream(record) | ParamKind::Sink(record) = &kind
        && let Some(span) = MutableReference::inside(record)
    {
        let message = "records are values or shared references";
        let help = "several operators may see a record: write `&T`, or `T` to own it";
        diagnostics.error(span, message, help);
        return unknown(name);
    }
    Param {
        mutability,
        name,
        ty,
        kind,
    }
}

/// A parameter whose type was reported. The signature takes anything for it: the caller made no
/// mistake.
fn unknown(name: Ident) -> Param {
    Param {
        mutability: None,
        name,
        ty: parse_quote!(impl ::core::marker::Sized),
        kind: ParamKind::Unknown,
    }
}

/// A name that cannot meet another one.
fn placeholder(span: Span) -> Ident {
    Ident::new("__parameter", Span::mixed_site().located_at(span))
}

/// The first `&mut` of a type.
#[derive(Default)]
struct MutableReference(Option<Span>);

impl MutableReference {
    fn inside(ty: &Type) -> Option<Span> {
        let mut found = Self::default();
        found.visit_type(ty);
        found.0
    }
}

impl<'ast> Visit<'ast> for MutableReference {
    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        if let Some(mutability) = reference.mutability {
            self.0.get_or_insert(mutability.span);
        }
        visit::visit_type_reference(self, reference);
    }
}

/// A name that is there already is reported, and replaced, so that rustc does not report it again.
fn check_name_is_new(param: &mut Param, before: &[Param], diagnostics: &mut Diagnostics) {
    if before.iter().any(|other| other.name == param.name) {
        let message = format!("the name `{}` is used twice", param.name);
        let help = "give each parameter a name of its own";
        diagnostics.error(param.name.span(), message, help);
        param.name = placeholder(param.name.span());
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
