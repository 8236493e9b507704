//! The third floor: what the graph says about the pipeline, checked. `all` is the list.

mod closures;

use crate::diagnostics::Diagnostics;
use crate::graph::Graph;
use crate::syntax::{ParamKind, Source};

/// Checks a pipeline; finds all mistakes that it can.
pub(crate) fn all(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    closures::check_no_stream_inside(graph, diagnostics);
    if diagnostics.has_errors_since(graph) {
        return; // what is missing below may be missing because of them
    }
    check_has_input(graph, diagnostics);
    check_has_output(graph, diagnostics);
    check_streams_are_used(graph, diagnostics);
    check_sinks_are_used(graph, diagnostics);
    check_sinks_take_one_stream(graph, diagnostics);
}

impl Diagnostics {
    /// Whether this pipeline has mistakes.
    pub(crate) fn has_errors_since(&self, graph: &Graph<'_>) -> bool {
        let (before, after) = graph.function.errors;
        after > before || self.len() > graph.errors_before
    }
}

fn check_has_input(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    let is_stream = |kind: &ParamKind| matches!(kind, ParamKind::Stream(_));
    if !graph
        .function
        .params
        .iter()
        .any(|param| is_stream(&param.kind))
    {
        let help = "add a parameter such as `lines: Stream<&str>`";
        diagnostics.error(
            graph.function.name.span(),
            "this pipeline has no input",
            help,
        );
    }
}

fn check_has_output(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    let has_output = graph
        .nodes
        .iter()
        .any(|node| node.shape().is_some_and(|shape| shape.is_output()));
    if !has_output {
        let help = "end a chain with `.print()`, `.to(sink)`, `.save_as_text_files(prefix, suffix)` or `.for_each_batch(|batch, time| …)`";
        diagnostics.error(
            graph.function.name.span(),
            "this pipeline has no output, so it would do nothing",
            help,
        );
    }
}

fn check_streams_are_used(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    for named in graph.names.iter().filter(|named| !named.used) {
        let help = "end a chain from it with an output such as `.print()`, or take it out";
        diagnostics.error(
            named.name.span(),
            format!("no output uses the stream `{}`", named.name),
            help,
        );
    }
}

fn check_sinks_are_used(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    for (index, param) in graph.function.params.iter().enumerate() {
        let is_used = || {
            graph.nodes.iter().any(|node| matches!(node.kind, crate::graph::NodeKind::ToSink(_, sink) if sink == index))
        };
        if matches!(param.kind, ParamKind::Sink(_)) && !is_used() {
            let help = format!(
                "give a stream to it with `.to({})`, or take it out",
                param.name
            );
            diagnostics.error(
                param.name.span(),
                format!("nothing goes to the sink `{}`", param.name),
                help,
            );
        }
    }
}

/// A sink knows a batch that is tried again by its time, so it is written to once a batch.
fn check_sinks_take_one_stream(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    for (index, param) in graph.function.params.iter().enumerate() {
        let outputs = graph.nodes.iter().filter(
            |node| matches!(node.kind, crate::graph::NodeKind::ToSink(_, sink) if sink == index),
        );
        for second in outputs.skip(1) {
            let help =
                "put the streams together with `.union(…)` before it, or add a sink parameter";
            diagnostics.error(
                second.span,
                format!("the sink `{}` has a stream already", param.name),
                help,
            );
        }
    }
}

/// A sub-pipeline that nothing calls is compiled by nobody, so its mistakes would stay hidden.
pub(crate) fn unused_functions(source: &Source, diagnostics: &mut Diagnostics) {
    let called = source.called_sub_pipelines();
    for function in source
        .functions
        .iter()
        .filter(|function| function.is_sub_pipeline())
    {
        if !called.contains(&function.name.to_string()) {
            let help = "call it from a pipeline of the same `stream!`; a pipeline that is run has no result, its outputs are in its body";
            diagnostics.error(
                function.name.span(),
                format!("nothing calls `{}`, which returns a stream", function.name),
                help,
            );
        }
    }
}
