//! The plan as a chart, for Mermaid and for Graphviz.

use std::fmt::Write as _;

use super::{Movement, Plan, PlanEdge};

pub(super) fn mermaid(plan: &Plan) -> String {
    let mut text = String::from("flowchart TD\n");
    for stage in 0..plan.stages() {
        let _ = writeln!(text, "  subgraph stage{stage} [stage {stage}]");
        for (at, node) in plan.nodes_of(stage) {
            let (open, close) = if node.output {
                ("([", "])")
            } else {
                ("[", "]")
            };
            let _ = writeln!(text, "    n{at}{open}\"{}\"{close}", node.description());
        }
        text.push_str("  end\n");
    }
    for (at, edge) in edges(plan) {
        let _ = match edge.movement {
            Movement::Fused => writeln!(text, "  n{} --> n{at}", edge.from),
            movement => writeln!(text, "  n{} ==>|{}| n{at}", edge.from, movement.label()),
        };
    }
    text
}

pub(super) fn dot(plan: &Plan) -> String {
    let mut text = format!("digraph {} {{\n  node [shape=box];\n", plan.pipeline);
    for stage in 0..plan.stages() {
        let _ = writeln!(
            text,
            "  subgraph cluster_{stage} {{\n    label=\"stage {stage}\";"
        );
        for (at, node) in plan.nodes_of(stage) {
            let shape = if node.output { ", shape=ellipse" } else { "" };
            let _ = writeln!(text, "    n{at} [label=\"{}\"{shape}];", node.description());
        }
        text.push_str("  }\n");
    }
    for (at, edge) in edges(plan) {
        let _ = match edge.movement {
            Movement::Fused => writeln!(text, "  n{} -> n{at};", edge.from),
            movement => writeln!(
                text,
                "  n{} -> n{at} [style=bold, label=\"{}\"];",
                edge.from,
                movement.label()
            ),
        };
    }
    text.push_str("}\n");
    text
}

/// All edges, each with the node that it leads to.
fn edges(plan: &Plan) -> impl Iterator<Item = (usize, &PlanEdge)> {
    let nodes = plan.nodes.iter().enumerate();
    nodes.flat_map(|(at, node)| node.inputs.iter().map(move |edge| (at, edge)))
}
