//! Sub-pipelines: what they may have, and that something calls them.

use syn::spanned::Spanned;
use syn::{Type, Visibility};

use crate::diagnostics::Diagnostics;
use crate::syntax::{Function, ParamKind, Source};

/// Checks the functions of one `stream!`.
pub(crate) fn functions(source: &Source, diagnostics: &mut Diagnostics) {
    let errors_before = diagnostics.len();
    for function in source.sub_pipelines() {
        check_result(function, diagnostics);
        check_is_private(function, diagnostics);
        check_has_no_attributes(function, diagnostics);
    }
    let is_broken = source.functions.iter().any(|function| function.is_broken);
    if !is_broken && diagnostics.len() == errors_before {
        check_are_called(source, diagnostics);
    }
}

fn check_result(function: &Function, diagnostics: &mut Diagnostics) {
    let Some(result) = function.returns.as_ref().filter(|ty| !is_stream(ty)) else {
        return;
    };
    let mut kinds = function.params.iter().map(|param| &param.kind);
    let (message, help) = if kinds.any(|kind| matches!(kind, ParamKind::Stream(_))) {
        (
            "the result of a sub-pipeline is a stream",
            "write `-> Stream<…>`; a pipeline that is run has no result, its outputs are in its body",
        )
    } else {
        (
            "this is plain Rust, neither a pipeline nor part of one",
            "put it before `stream!`; closures can call it from there",
        )
    };
    let span = match help.starts_with("put") {
        true => function.name.span(),
        false => result.span(),
    };
    diagnostics.error(span, message, help);
}

/// Whether a result is a stream, or several.
fn is_stream(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|last| last.ident == "Stream")
        }
        Type::Tuple(tuple) => !tuple.elems.is_empty() && tuple.elems.iter().all(is_stream),
        Type::Paren(paren) => is_stream(&paren.elem),
        _ => false,
    }
}

fn check_is_private(function: &Function, diagnostics: &mut Diagnostics) {
    if !matches!(function.vis, Visibility::Inherited) {
        let message = "a sub-pipeline is known in its own `stream!` only";
        let help = "take this word out; what others shall run is a pipeline, without a result";
        diagnostics.error(function.vis.span(), message, help);
    }
}

fn check_has_no_attributes(function: &Function, diagnostics: &mut Diagnostics) {
    let help = "put it on the pipeline that calls this one";
    for name in function.settings.names() {
        let message = format!("a sub-pipeline has no `{name}` of its own");
        diagnostics.error(name.span(), message, help);
    }
    for attr in &function.attrs {
        if !attr.path().is_ident("doc") {
            let message = "a sub-pipeline has no attributes";
            diagnostics.error(attr.path().span(), message, help);
        }
    }
}

/// A sub-pipeline that nothing calls is compiled by nobody, so its mistakes would stay hidden.
fn check_are_called(source: &Source, diagnostics: &mut Diagnostics) {
    let called = source.called_sub_pipelines();
    for function in source.sub_pipelines() {
        if !called.contains(&function.name.to_string()) {
            let message = format!("nothing calls the sub-pipeline `{}`", function.name);
            let help = "call it from a pipeline of the same `stream!`; to run it, take the result away and end its chains with outputs";
            diagnostics.error(function.name.span(), message, help);
        }
    }
}
