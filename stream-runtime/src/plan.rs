//! The plan of a pipeline: what `explain` shows.

use std::fmt::Write as _;

/// A compiled pipeline's plan, made by [`stream!`](crate::stream).
#[derive(Debug, Clone, Copy, serde::Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The name of the pipeline's function.
    pub pipeline: &'static str,
    /// The inputs and operators, each after those that feed it.
    pub nodes: &'static [PlanNode],
}

impl Plan {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(pipeline: &'static str, nodes: &'static [PlanNode]) -> Self {
        Self { pipeline, nodes }
    }
}

/// An input, operator or output of a plan.
#[derive(Debug, Clone, Copy, serde::Serialize)]
#[non_exhaustive]
pub struct PlanNode {
    /// The operator's name; `source` for an input.
    pub operator: &'static str,
    /// The name that the user gave: of the parameter, or of the `let`.
    pub name: Option<&'static str>,
    /// The stage whose loop puts out its records; an output belongs to the stage that feeds it.
    pub stage: usize,
    /// The edges by which records come in.
    pub inputs: &'static [PlanEdge],
    /// Whether it is an output.
    pub output: bool,
}

impl PlanNode {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(
        operator: &'static str,
        name: Option<&'static str>,
        stage: usize,
        inputs: &'static [PlanEdge],
        output: bool,
    ) -> Self {
        Self {
            operator,
            name,
            stage,
            inputs,
            output,
        }
    }
}

/// An edge of a plan.
#[derive(Debug, Clone, Copy, serde::Serialize)]
#[non_exhaustive]
pub struct PlanEdge {
    /// The node that the records come from: an index into [`Plan::nodes`].
    pub from: usize,
    /// How they travel.
    pub movement: Movement,
}

impl PlanEdge {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(from: usize, movement: Movement) -> Self {
        Self { from, movement }
    }
}

/// How records travel along an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Movement {
    /// Inside one loop, from closure to closure.
    Fused,
    /// Through a buffer, each partition to itself.
    Buffer,
    /// To the partition of their key.
    Shuffle,
    /// To the only partition of what follows.
    Gather,
    /// Evenly to another number of partitions.
    Deal,
    /// As a whole batch.
    Batch,
}

impl Movement {
    fn label(self) -> &'static str {
        match self {
            Self::Fused => "fused",
            Self::Buffer => "buffer",
            Self::Shuffle => "shuffle by key",
            Self::Gather => "gather",
            Self::Deal => "deal",
            Self::Batch => "whole batch",
        }
    }
}

/// The forms that `explain` can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Stages and their loops, indented: for reading, and for golden files.
    Text,
    /// A Mermaid flow chart.
    Mermaid,
    /// Graphviz.
    Dot,
    /// JSON: the fields of [`Plan`].
    Json,
}

impl Plan {
    /// The plan in the given form.
    ///
    /// Stages are the loops that run; an operator in the same stage as the one before it costs no
    /// buffer. The form for people and the JSON are stable within a minor version.
    pub fn explain(&self, format: Format) -> String {
        match format {
            Format::Text => self.text(),
            Format::Mermaid => self.mermaid(),
            Format::Dot => self.dot(),
            Format::Json => self.json(),
        }
    }

    fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a plan has only strings and numbers") + "\n"
    }

    fn stages(&self) -> usize {
        self.nodes
            .iter()
            .map(|node| node.stage + 1)
            .max()
            .unwrap_or(0)
    }

    fn title(&self, node: &PlanNode) -> String {
        match (node.name, node.operator) {
            (Some(name), "source") => format!("{name} (source)"),
            (Some(name), operator) => format!("{operator} as {name}"),
            (None, operator) => operator.to_owned(),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("pipeline {}\n", self.pipeline);
        for stage in 0..self.stages() {
            let _ = writeln!(text, "stage {stage}");
            for (at, node) in self.nodes.iter().enumerate() {
                if node.stage == stage
                    && !node.output
                    && node
                        .inputs
                        .iter()
                        .all(|edge| edge.movement != Movement::Fused)
                {
                    self.text_node(&mut text, at, 1);
                }
            }
        }
        text
    }

    /// A node that begins a line, and all that is fused to it: a chain stands on one line, a fork
    /// on one line for each branch.
    fn text_node(&self, text: &mut String, at: usize, depth: usize) {
        let node = &self.nodes[at];
        let _ = write!(
            text,
            "{:indent$}{}",
            "",
            self.title(node),
            indent = depth * 2
        );
        for edge in node
            .inputs
            .iter()
            .filter(|edge| edge.movement != Movement::Fused)
        {
            let from = &self.nodes[edge.from];
            let _ = write!(
                text,
                " <- {} from stage {} ({})",
                from.name.unwrap_or(from.operator),
                from.stage,
                edge.movement.label()
            );
        }
        text.push('\n');
        for next in self.loop_of(at) {
            self.text_node_in_loop(text, next, depth + 1);
        }
    }

    fn text_node_in_loop(&self, text: &mut String, at: usize, depth: usize) {
        let node = &self.nodes[at];
        let mark = if node.output { "output " } else { "" };
        let _ = writeln!(
            text,
            "{:indent$}{mark}{}",
            "",
            self.title(node),
            indent = depth * 2
        );
        for next in self.loop_of(at) {
            self.text_node_in_loop(text, next, depth + 1);
        }
    }

    /// The nodes that take the records of node `at` in the same loop: fused operators and outputs.
    fn loop_of(&self, at: usize) -> Vec<usize> {
        let takes = |node: &PlanNode| {
            node.inputs
                .iter()
                .any(|edge| edge.from == at && (edge.movement == Movement::Fused || node.output))
        };
        (0..self.nodes.len())
            .filter(|&next| takes(&self.nodes[next]))
            .collect()
    }

    fn mermaid(&self) -> String {
        let mut text = String::from("flowchart TD\n");
        for stage in 0..self.stages() {
            let _ = writeln!(text, "  subgraph stage{stage} [stage {stage}]");
            for (at, node) in self
                .nodes
                .iter()
                .enumerate()
                .filter(|(_, node)| node.stage == stage)
            {
                let (open, close) = if node.output {
                    ("([", "])")
                } else {
                    ("[", "]")
                };
                let _ = writeln!(text, "    n{at}{open}\"{}\"{close}", self.title(node));
            }
            text.push_str("  end\n");
        }
        for (at, edge) in self.edges() {
            let _ = match edge.movement {
                Movement::Fused => writeln!(text, "  n{} --> n{at}", edge.from),
                movement => writeln!(text, "  n{} ==>|{}| n{at}", edge.from, movement.label()),
            };
        }
        text
    }

    fn dot(&self) -> String {
        let mut text = format!("digraph {} {{\n  node [shape=box];\n", self.pipeline);
        for stage in 0..self.stages() {
            let _ = writeln!(
                text,
                "  subgraph cluster_{stage} {{\n    label=\"stage {stage}\";"
            );
            for (at, node) in self
                .nodes
                .iter()
                .enumerate()
                .filter(|(_, node)| node.stage == stage)
            {
                let shape = if node.output { ", shape=ellipse" } else { "" };
                let _ = writeln!(text, "    n{at} [label=\"{}\"{shape}];", self.title(node));
            }
            text.push_str("  }\n");
        }
        for (at, edge) in self.edges() {
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

    fn edges(&self) -> impl Iterator<Item = (usize, &PlanEdge)> {
        self.nodes
            .iter()
            .enumerate()
            .flat_map(|(at, node)| node.inputs.iter().map(move |edge| (at, edge)))
    }
}
