//! The plan of a pipeline: what `explain` shows.

mod chart;
mod text;

/// A compiled pipeline's plan, made by [`stream!`](crate::stream).
#[derive(Debug, Clone, Copy, serde::Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The name of the pipeline's function.
    pub pipeline: &'static str,
    /// The inputs and operators, each after those that feed it.
    pub nodes: &'static [PlanNode],
}

/// An input, operator or output of a plan.
#[derive(Debug, Clone, Copy, serde::Serialize)]
#[non_exhaustive]
pub struct PlanNode {
    /// The operator's name; `source` for an input.
    pub operator: &'static str,
    /// The names that the user gave to the streams that come out: of the parameter, or of the
    /// `let`; for an output to a sink the sink's. Empty if there are none.
    pub names: &'static [&'static str],
    /// The stage whose loop puts out its records; an output belongs to the stage that feeds it.
    pub stage: usize,
    /// The edges by which records come in.
    pub inputs: &'static [PlanEdge],
    /// Whether it is an output.
    pub output: bool,
    /// The name of what it remembers from batch to batch, if it does.
    pub state: Option<&'static str>,
    /// The window that it looks through, and the algorithm that brings it up to date.
    pub how: Option<&'static str>,
}

/// An edge of a plan.
#[derive(Debug, Clone, Copy, serde::Serialize)]
#[non_exhaustive]
pub struct PlanEdge {
    /// The node that the records come from: an index into [`Plan::nodes`].
    pub from: usize,
    /// Which of the streams of that node: `try_map` has two.
    pub port: usize,
    /// How they travel.
    pub movement: Movement,
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

/// The forms that `explain` can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Stages and their loops, a line for each run of operators: for reading, and for golden files.
    Text,
    /// A Mermaid flow chart.
    Mermaid,
    /// Graphviz.
    Dot,
    /// JSON: the fields of [`Plan`].
    Json,
}

impl Plan {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(pipeline: &'static str, nodes: &'static [PlanNode]) -> Self {
        Self { pipeline, nodes }
    }

    /// The plan in the given form.
    ///
    /// Stages are the loops that run. In the text, `->` leads to an operator in the same loop, which
    /// costs no buffer, and `=>` to an output or to another stage, with the way that records take.
    /// The form for people and the JSON are stable within a minor version.
    pub fn explain(&self, format: Format) -> String {
        match format {
            Format::Text => text::text(self),
            Format::Mermaid => chart::mermaid(self),
            Format::Dot => chart::dot(self),
            Format::Json => self.json(),
        }
    }

    fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a plan has only strings and numbers") + "\n"
    }

    /// What the operators remember, in the order of their slots.
    pub(crate) fn states(&self) -> impl Iterator<Item = &'static str> {
        self.nodes.iter().filter_map(|node| node.state)
    }

    fn stages(&self) -> usize {
        let stages = self.nodes.iter().map(|node| node.stage + 1);
        stages.max().unwrap_or(0)
    }

    /// The nodes of one stage, with their positions.
    fn nodes_of(&self, stage: usize) -> impl Iterator<Item = (usize, &PlanNode)> {
        let nodes = self.nodes.iter().enumerate();
        nodes.filter(move |(_, node)| node.stage == stage)
    }
}

impl PlanNode {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(
        operator: &'static str,
        names: &'static [&'static str],
        stage: usize,
        inputs: &'static [PlanEdge],
        output: bool,
    ) -> Self {
        Self {
            operator,
            names,
            stage,
            inputs,
            output,
            state: None,
            how: None,
        }
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn remembering(self, state: &'static str) -> Self {
        Self {
            state: Some(state),
            ..self
        }
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn by(self, how: &'static str) -> Self {
        Self {
            how: Some(how),
            ..self
        }
    }

    /// The operator with its names, and how it works.
    fn description(&self) -> String {
        match self.how {
            Some(how) => format!("{} ({how})", self.title()),
            None => self.title(),
        }
    }

    /// The operator with its names.
    pub(crate) fn title(&self) -> String {
        match (self.names, self.operator) {
            ([], operator) => operator.to_owned(),
            ([name], "source") => format!("{name} (source)"),
            ([sink], operator) if self.output => format!("{operator} {sink}"),
            ([name], operator) => format!("{operator} as {name}"),
            (names, operator) => format!("{operator} as ({})", names.join(", ")),
        }
    }
}

impl PlanEdge {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(from: usize, port: usize, movement: Movement) -> Self {
        Self {
            from,
            port,
            movement,
        }
    }
}

impl Movement {
    fn label(self) -> &'static str {
        match self {
            Self::Fused => "fused",
            Self::Buffer => "kept in place",
            Self::Shuffle => "shuffle by key",
            Self::Gather => "gather",
            Self::Deal => "deal out",
            Self::Batch => "whole batch",
        }
    }
}
