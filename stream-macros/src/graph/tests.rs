//! Names become nodes; sub-pipelines are inlined, each call with names of its own.

use super::{Graph, NodeKind, SpineItem, resolve};
use crate::diagnostics::Diagnostics;
use crate::syntax;

/// Resolves the only pipeline of `input` and looks at it, and at the mistakes.
fn graph<O>(input: &str, look: impl FnOnce(&Graph<'_>) -> O) -> (O, Vec<String>) {
    let mut diagnostics = Diagnostics::new();
    let source = syntax::parse(input.parse().expect("tokens"), &mut diagnostics);
    let pipeline = source.pipelines().next().expect("a pipeline");
    let graph = resolve(pipeline, &source, &mut diagnostics);
    (look(&graph), diagnostics.into_texts())
}

/// The operators in order, and the nodes that each takes its records from.
fn operators(graph: &Graph<'_>) -> Vec<(&'static str, Vec<usize>)> {
    let nodes = graph.nodes.iter();
    nodes
        .filter_map(|node| {
            let inputs = node.inputs.iter().map(|port| port.node).collect();
            Some((node.op()?.name, inputs))
        })
        .collect()
}

const TWICE: &str = "fn f(xs: Stream<u64>, limit: u64) { \
        below(xs, limit).print(); below(xs, 7).count().print(); xs.filter(|x| *x > limit).print(); \
    } \
    fn below(xs: Stream<u64>, limit: u64) -> Stream<u64> { xs.filter(|x| *x < limit) }";

#[test]
fn each_call_of_a_sub_pipeline_has_its_own_nodes() {
    let (operators, errors) = graph(TWICE, operators);
    assert_eq!(errors, [""; 0]);
    let expected = [
        ("filter", vec![0]),
        ("print", vec![1]),
        ("filter", vec![0]),
        ("count", vec![3]),
        ("print", vec![4]),
        ("filter", vec![0]),
        ("print", vec![6]),
    ];
    assert_eq!(operators, expected);
}

#[test]
fn the_names_of_the_caller_are_given_back_after_each_call() {
    let names = |graph: &Graph<'_>| -> Vec<String> {
        let names = graph.spine.iter().filter_map(|item| match item {
            SpineItem::Value { name, .. } => Some(format!("value {name}")),
            SpineItem::Pass { name, .. } => Some(format!("pass {name}")),
            SpineItem::Restore { name, .. } => Some(format!("restore {name}")),
            _ => None,
        });
        names.collect()
    };
    let (names, _) = graph(TWICE, names);
    let call = ["pass xs", "value limit", "restore limit", "restore xs"];
    let mut seen = names.clone();
    seen.chunks_mut(4).for_each(|call| call[2..].sort());
    assert_eq!(seen, [call, call].concat(), "{names:?}");
}

#[test]
fn a_sink_keeps_its_index_under_another_name() {
    let input = "fn f(xs: Stream<u64>, a: Sink<u64>, b: Sink<u64>) { g(xs, b).to(a); } \
        fn g(ys: Stream<u64>, out: Sink<u64>) -> Stream<u64> { ys.to(out); ys.map(h) }";
    let sinks = |graph: &Graph<'_>| -> Vec<usize> {
        let sinks = graph.nodes.iter().filter_map(|node| match node.kind {
            NodeKind::ToSink(_, index) => Some(index),
            _ => None,
        });
        sinks.collect()
    };
    assert_eq!(graph(input, sinks), (vec![2, 1], Vec::new()));
}

#[test]
fn a_mistake_leaves_what_was_understood() {
    let input = "fn f(xs: Stream<u64>) { xs.map(g).fliter(h).count().print(); xs.print(); }";
    let (operators, errors) = graph(input, operators);
    assert_eq!(operators, [("map", vec![0]), ("print", vec![0])]);
    assert_eq!(
        errors,
        ["there is no operator `fliter`\nhelp: did you mean `filter`?"]
    );
}

#[test]
fn all_mistakes_are_found() {
    let input = "fn f(xs: Stream<u64>) { \
            let ys = xs.map(); ys.print(); xs.union(zs).print(); again(xs).print(); xs.print().count(); \
        } \
        fn again(xs: Stream<u64>) -> Stream<u64> { again(xs) }";
    let (_, errors) = graph(input, |_| ());
    let expected = [
        "`map` takes one argument",
        "there is no stream `zs`",
        "`again` calls itself",
        "`print` is an output",
    ];
    assert_eq!(errors.len(), expected.len(), "{errors:?}");
    for (error, expected) in errors.iter().zip(expected) {
        assert!(error.starts_with(expected), "{error}");
    }
}
