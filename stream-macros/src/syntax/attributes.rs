//! The attributes of a pipeline: `#[batch(..)]`, `#[partitions(..)]`, `#[checkpoint(..)]`,
//! `#[steady]`.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, ExprLit, Ident, Lit, Meta, Token};

use super::{Setting, Settings};
use crate::diagnostics::Diagnostics;
use crate::duration::{self, Duration};

/// Takes the language's own attributes out of `attrs`; the others go to the generated item.
pub(super) fn split(
    attrs: Vec<Attribute>,
    diagnostics: &mut Diagnostics,
) -> (Settings, Vec<Attribute>) {
    let mut settings = Settings::default();
    let mut others = Vec::new();
    for attr in attrs {
        let Some(name) = attr.path().get_ident().cloned() else {
            others.push(attr);
            continue;
        };
        match name.to_string().as_str() {
            "batch" => {
                let batch = value(&attr, &name, "1s", diagnostics)
                    .and_then(|value| Duration::of(value, diagnostics));
                set(&mut settings.batch, batch, name, diagnostics);
            }
            "partitions" => {
                let partitions = value(&attr, &name, "4", diagnostics);
                check_not_zero(partitions.as_ref(), diagnostics);
                set(&mut settings.partitions, partitions, name, diagnostics);
            }
            "checkpoint" => {
                let every = match attr.meta {
                    Meta::Path(_) => None, // at every batch
                    _ => value(&attr, &name, "every = 10s", diagnostics)
                        .and_then(|value| Duration::of(value, diagnostics)),
                };
                set(&mut settings.checkpoint, every, name, diagnostics);
            }
            "steady" => {
                check_is_bare(&attr, &name, diagnostics);
                set(&mut settings.steady, Some(()), name, diagnostics);
            }
            _ => others.push(attr),
        }
    }
    (settings, others)
}

fn check_is_bare(attr: &Attribute, name: &Ident, diagnostics: &mut Diagnostics) {
    if !matches!(attr.meta, Meta::Path(_)) {
        let message = format!("`{name}` takes no value");
        diagnostics.error(name.span(), message, format!("write `#[{name}]`"));
    }
}

fn set<T>(
    setting: &mut Option<Setting<T>>,
    value: Option<T>,
    name: Ident,
    diagnostics: &mut Diagnostics,
) {
    if setting.is_some() {
        let help = "take one of the two out";
        diagnostics.error(name.span(), format!("`{name}` is set twice"), help);
    }
    *setting = Some(Setting { name, value });
}

/// The value of an attribute that is written like `example`.
fn value(
    attr: &Attribute,
    name: &Ident,
    example: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Expr> {
    let tokens = match &attr.meta {
        Meta::List(list) => list.tokens.clone(),
        Meta::Path(_) | Meta::NameValue(_) => TokenStream::new(),
    };
    let has_key = example.starts_with("every");
    let parse = |input: ParseStream<'_>| {
        if has_key {
            let key: Ident = input.parse()?;
            let equals: syn::Result<Token![=]> = input.parse();
            if key != "every" || equals.is_err() {
                return Err(syn::Error::new(key.span(), ""));
            }
        }
        input.parse::<Expr>()
    };
    let parsed = parse.parse2(tokens.clone());
    if parsed.is_err() {
        let (span, help) = match split_unit(&tokens) {
            Some((token, joined)) => (
                token.span(),
                format!("write it without the space: `{joined}`"),
            ),
            None => (
                name.span(),
                format!("write for example `#[{name}({example})]`"),
            ),
        };
        diagnostics.error(span, format!("`{name}` takes one value"), help);
    }
    parsed.ok()
}

/// A number and a unit with a space between them.
fn split_unit(tokens: &TokenStream) -> Option<(TokenTree, String)> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let [.., number @ TokenTree::Literal(_), TokenTree::Ident(unit)] = &tokens[..] else {
        return None;
    };
    let is_unit = duration::is_unit(&unit.to_string());
    is_unit.then(|| (number.clone(), format!("{number}{unit}")))
}

fn check_not_zero(partitions: Option<&Expr>, diagnostics: &mut Diagnostics) {
    if let Some(Expr::Lit(ExprLit {
        lit: Lit::Int(number),
        ..
    })) = partitions
        && number.base10_digits() == "0"
    {
        let message = "a job needs at least one partition";
        let help = "write for example `#[partitions(4)]`; without the attribute there are as many as threads";
        diagnostics.error(number.span(), message, help);
    }
}
