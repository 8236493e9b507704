//! The plan for people: a paragraph for each stage, a line for each run of operators.

use std::fmt::Write as _;

use super::{Movement, Plan, PlanNode};

/// Longer lines are broken, before an arrow.
const WIDTH: usize = 100;
const INDENT: &str = "  ";

pub(super) fn text(plan: &Plan) -> String {
    let mut text = format!("pipeline {}\n", plan.pipeline);
    for stage in 0..plan.stages() {
        let _ = writeln!(text, "stage {stage}");
        for (at, _) in plan.nodes_of(stage).filter(|(_, node)| is_root(node)) {
            write_run(plan, &mut text, 1, root_title(plan, at), at);
        }
    }
    text
}

/// Whether the records of a stage begin with this node.
fn is_root(node: &PlanNode) -> bool {
    !node.output
        && node
            .inputs
            .iter()
            .all(|edge| edge.movement != Movement::Fused)
}

/// A root with several inputs names them: their order matters.
fn root_title(plan: &Plan, at: usize) -> String {
    let node = &plan.nodes[at];
    if node.inputs.len() < 2 {
        return node.description();
    }
    let inputs = node
        .inputs
        .iter()
        .map(|edge| stream_name(plan, edge.from, edge.port));
    let inputs: Vec<_> = inputs.collect();
    format!("{} of {}", node.title(), inputs.join(", "))
}

/// What the stream of a node is called: by the user, or else like its operator.
fn stream_name(plan: &Plan, node: usize, port: usize) -> &'static str {
    let node = &plan.nodes[node];
    node.names.get(port).unwrap_or(&node.operator)
}

/// Where the records of a node go.
#[derive(Clone, Copy)]
struct Taker {
    node: usize,
    /// The stream of the giving node.
    port: usize,
    movement: Movement,
}

/// Those who take the records of a node.
fn takers(plan: &Plan, from: usize) -> Vec<Taker> {
    let nodes = plan.nodes.iter().enumerate();
    let edges = nodes.flat_map(|(node, it)| it.inputs.iter().map(move |edge| (node, edge)));
    edges
        .filter(|(_, edge)| edge.from == from)
        .map(|(node, edge)| Taker {
            node,
            port: edge.port,
            movement: edge.movement,
        })
        .collect()
}

/// A run of operators on one line, for as long as each feeds one other, and below it, further in,
/// the runs that begin where it forks.
fn write_run(plan: &Plan, text: &mut String, depth: usize, begin: String, mut at: usize) {
    let mut line = vec![begin];
    let branches = loop {
        let takers = takers(plan, at);
        let [taker] = takers[..] else { break takers };
        if plan.nodes[at].names.len() > 1 {
            break takers;
        }
        line.push(arrow(plan, taker));
        if taker.movement != Movement::Fused {
            break Vec::new();
        }
        at = taker.node;
    };
    write_line(text, depth, &line);
    for branch in branches {
        write_branch(plan, text, depth + 1, at, branch);
    }
}

fn write_branch(plan: &Plan, text: &mut String, depth: usize, from: usize, taker: Taker) {
    let arrow = arrow(plan, taker);
    let begin = match plan.nodes[from].names.len() {
        0 | 1 => arrow,
        _ => format!("{} {arrow}", stream_name(plan, from, taker.port)),
    };
    match taker.movement {
        Movement::Fused => write_run(plan, text, depth, begin, taker.node),
        _ => write_line(text, depth, &[begin]),
    }
}

/// `->` to an operator of the same loop; `=>` to an output, or to another stage, and how.
fn arrow(plan: &Plan, taker: Taker) -> String {
    let node = &plan.nodes[taker.node];
    match taker.movement {
        Movement::Fused => format!("-> {}", node.description()),
        _ if node.output => format!("=> {}", node.title()),
        movement => format!(
            "=> {} in stage {} ({})",
            node.title(),
            node.stage,
            movement.label()
        ),
    }
}

fn write_line(text: &mut String, depth: usize, items: &[String]) {
    let mut column = 0;
    for (at, item) in items.iter().enumerate() {
        if at == 0 || column + 1 + item.len() > WIDTH {
            let indent = INDENT.repeat(if at == 0 { depth } else { depth + 2 });
            let _ = write!(text, "{}{indent}", if at == 0 { "" } else { "\n" });
            column = indent.len();
        } else {
            text.push(' ');
            column += 1;
        }
        text.push_str(item);
        column += item.len();
    }
    text.push('\n');
}
