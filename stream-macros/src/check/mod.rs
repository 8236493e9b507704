//! The third floor: what the graph says about the pipeline, checked. `all` is the list.

mod functions;
mod names;
mod params;
mod sinks;
mod windows;

use crate::diagnostics::Diagnostics;
use crate::graph::Graph;
use crate::syntax::ParamKind;

pub(crate) use functions::functions;

/// Checks a pipeline; finds all mistakes that it can.
pub(crate) fn all(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    let errors_before = diagnostics.len();
    names::check_closures(graph, diagnostics);
    names::check_prologue(graph, diagnostics);
    params::check_are_kept(graph, diagnostics);
    windows::check_have_checkpoint(graph, diagnostics);
    windows::check_have_event_time(graph, diagnostics);
    windows::check_have_no_holes(graph, diagnostics);
    windows::check_fit(graph, diagnostics);
    windows::check_slides_meet(graph, diagnostics);
    if graph.is_broken || diagnostics.len() > errors_before {
        return; // what is missing below may be missing because of them
    }
    let does_something =
        check_has_input(graph, diagnostics) && check_has_output(graph, diagnostics);
    if does_something {
        check_streams_are_used(graph, diagnostics);
        sinks::check_are_used(graph, diagnostics);
        sinks::check_take_one_stream(graph, diagnostics);
    }
}

fn check_has_input(graph: &Graph<'_>, diagnostics: &mut Diagnostics) -> bool {
    let mut kinds = graph.function.params.iter().map(|param| &param.kind);
    let has_input = kinds.any(|kind| matches!(kind, ParamKind::Stream(_)));
    if !has_input {
        let help = "add a parameter such as `lines: Stream<&str>`";
        let span = graph.function.name.span();
        diagnostics.error(span, "this pipeline has no input", help);
    }
    has_input
}

fn check_has_output(graph: &Graph<'_>, diagnostics: &mut Diagnostics) -> bool {
    let mut shapes = graph.nodes.iter().filter_map(|node| node.shape());
    let has_output = shapes.any(|shape| shape.is_output());
    if !has_output {
        let message = "this pipeline has no output, so it would do nothing";
        let help = "end a chain with `.print()`, `.to(sink)`, `.save_as_text_files(prefix, suffix)` or `.for_each_batch(|batch, time| …)`";
        diagnostics.error(graph.function.name.span(), message, help);
    }
    has_output
}

fn check_streams_are_used(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    for named in graph.names.iter().filter(|named| !named.used) {
        let message = format!("no output uses the stream `{}`", named.name);
        let help = "end a chain from it with an output such as `.print()`, or take it out";
        diagnostics.error(named.name.span(), message, help);
    }
}
