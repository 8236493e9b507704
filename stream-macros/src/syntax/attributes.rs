//! The attributes of a pipeline: `#[batch(..)]`, `#[partitions(..)]`, `#[checkpoint(..)]`.

use syn::spanned::Spanned;
use syn::{Attribute, Expr, Meta};

use super::Settings;
use crate::diagnostics::Diagnostics;
use crate::duration::Duration;

/// Takes the language's own attributes out of `attrs`; the others go to the generated item.
pub(super) fn split(
    attrs: Vec<Attribute>,
    diagnostics: &mut Diagnostics,
) -> (Settings, Vec<Attribute>) {
    let mut settings = Settings::default();
    let mut others = Vec::new();
    for attr in attrs {
        if attr.path().is_ident("batch") {
            let batch = duration(&attr, "#[batch(1s)]", diagnostics);
            set(&mut settings.batch, batch, &attr, diagnostics);
        } else if attr.path().is_ident("partitions") {
            let partitions = expr(&attr, "#[partitions(4)]", diagnostics);
            set(&mut settings.partitions, partitions, &attr, diagnostics);
        } else if attr.path().is_ident("checkpoint") {
            let checkpoint = duration(&attr, "#[checkpoint(every = 10s)]", diagnostics);
            set(&mut settings.checkpoint, checkpoint, &attr, diagnostics);
        } else {
            others.push(attr);
        }
    }
    (settings, others)
}

fn set<T>(
    setting: &mut Option<T>,
    value: Option<T>,
    attr: &Attribute,
    diagnostics: &mut Diagnostics,
) {
    if setting.is_some() {
        let name = attr.path().segments[0].ident.to_string();
        diagnostics.error(
            attr.span(),
            format!("`{name}` is set twice"),
            "take one of the two out",
        );
    }
    if value.is_some() {
        *setting = value;
    }
}

fn duration(attr: &Attribute, example: &str, diagnostics: &mut Diagnostics) -> Option<Duration> {
    let value = match expr(attr, example, diagnostics)? {
        Expr::Assign(assign) if matches!(&*assign.left, Expr::Path(path) if path.path.is_ident("every")) => {
            *assign.right
        }
        value => value,
    };
    Duration::of(value, diagnostics)
}

fn expr(attr: &Attribute, example: &str, diagnostics: &mut Diagnostics) -> Option<Expr> {
    let parsed = match &attr.meta {
        Meta::List(list) => list.parse_args::<Expr>().ok(),
        _ => None,
    };
    if parsed.is_none() {
        let name = attr.path().segments[0].ident.to_string();
        diagnostics.error(
            attr.span(),
            format!("`{name}` takes one value"),
            format!("write for example `{example}`"),
        );
    }
    parsed
}
