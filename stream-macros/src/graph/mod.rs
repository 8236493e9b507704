//! The second floor: from [`Function`] to [`Graph`]. Names become nodes, sub-pipelines are inlined.
//!
//! AFTER THIS POINT every input of a node is a node before it, so the nodes are in topological
//! order, and every operator has the number of arguments that it takes.

mod bind;
mod call;
mod contained;
mod copies;
mod erase;
mod frame;
mod inline;
mod resolve;
mod selection;
#[cfg(test)]
mod tests;
mod variables;
mod words;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident};
use syn::{Expr, Ident, Type};

use crate::duration::Duration;
use crate::ops::{Memory, OpSpec, Shape};
use crate::syntax::{Call, Function, Param, Prologue};

pub(crate) use frame::{Entity, Frame, sink};
pub(crate) use resolve::resolve;

/// A pipeline as a graph of operators.
pub(crate) struct Graph<'f> {
    pub(crate) function: &'f Function,
    pub(crate) nodes: Vec<Node>,
    /// What is emitted once a batch, in source order, for the types.
    pub(crate) spine: Vec<SpineItem>,
    /// What is emitted once, when the job is made.
    pub(crate) prologue: Vec<PrologueItem<'f>>,
    /// The items (`const`, `use`, `fn`) of the sub-pipelines.
    pub(crate) items: Vec<&'f Prologue>,
    /// The pipeline itself, and each call of a sub-pipeline, in the order in which they begin.
    pub(crate) frames: Vec<Frame<'f>>,
    /// The streams that have a name.
    pub(crate) names: Vec<Named>,
    /// The variables that closures of sub-pipelines see, or that sub-pipelines hide.
    pub(crate) kept: Vec<Kept>,
    /// Whether mistakes left something out.
    pub(crate) is_broken: bool,
}

impl Graph<'_> {
    /// The nodes that gave the records which `node` takes their time: on each way to it the last one.
    pub(crate) fn timed_by(&self, node: usize) -> Vec<usize> {
        let (mut found, mut seen) = (Vec::new(), vec![false; self.nodes.len()]);
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            for from in &self.nodes[node].inputs {
                if std::mem::replace(&mut seen[from.node], true) {
                    continue;
                }
                let op = self.nodes[from.node].op();
                match op.is_some_and(|op| op.memory == Memory::Watermark) {
                    true => found.push(from.node),
                    false => waiting.push(from.node),
                }
            }
        }
        found.sort_unstable();
        found
    }
}

/// What is done once, when the job is made.
pub(crate) enum PrologueItem<'f> {
    /// A statement of the user's.
    Rust(&'f Prologue),
    /// The values that a sub-pipeline is called with, its own prologue, and the variables that are
    /// left of it: each with the name it has inside, and the name it has from then on.
    Inlined {
        values: Vec<(&'f Param, Type, &'f Expr)>,
        prologue: Vec<PrologueItem<'f>>,
        left: Vec<(Ident, Ident)>,
    },
}

/// A variable that the spine gives a name to, or gives its name back to.
pub(crate) struct Kept {
    /// What it is called in the job.
    pub(crate) variable: Ident,
    /// What a reference to it is called in the spine.
    pub(crate) place: Ident,
}

/// A stream that has a name.
pub(crate) struct Named {
    pub(crate) name: Ident,
    pub(crate) used: bool,
}

/// An input or an operator.
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    pub(crate) inputs: Vec<Port>,
    /// The names of its streams in the plan: of the parameter, or of the `let`. Empty without.
    pub(crate) names: Vec<String>,
    /// The user's token: of the parameter, or of the operator.
    pub(crate) span: Span,
    /// Whether its closures are known to be `Copy`.
    pub(crate) is_copy: bool,
    /// Whether it gives the words of its records, which are text.
    pub(crate) gives_words: bool,
    /// What its records, lines of an input, must contain to be kept.
    pub(crate) contained: Option<Expr>,
    /// The window that it looks through.
    pub(crate) window: Option<Window>,
    /// Its durations in the time of the records.
    pub(crate) spans: Vec<Duration>,
}

/// The durations among the arguments of an operator.
#[derive(Clone)]
pub(crate) struct Window {
    pub(crate) length: Duration,
    /// The batch interval if it is left out.
    pub(crate) slide: Option<Duration>,
}

pub(crate) enum NodeKind {
    /// The parameter of this index.
    Source(usize),
    Op(&'static OpSpec),
    /// An output to the sink parameter of this index.
    ToSink(&'static OpSpec, usize),
}

impl Node {
    pub(crate) fn op(&self) -> Option<&'static OpSpec> {
        match self.kind {
            NodeKind::Source(_) => None,
            NodeKind::Op(op) | NodeKind::ToSink(op, _) => Some(op),
        }
    }

    pub(crate) fn shape(&self) -> Option<Shape> {
        self.op().map(|op| op.shape)
    }

    pub(crate) fn has_memory(&self) -> bool {
        self.op().is_some_and(OpSpec::has_memory)
    }
}

/// One of the streams that come out of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Port {
    pub(crate) node: usize,
    pub(crate) port: usize,
}

impl Port {
    /// The generated variable for the stream's type.
    pub(crate) fn stream(self) -> Ident {
        format_ident!("__s{}_{}", self.node, self.port, span = Span::mixed_site())
    }
}

/// A statement of the spine.
pub(crate) enum SpineItem {
    /// The type of an input.
    Source { node: usize },
    /// The call of an operator.
    Call(SpineCall),
    /// The rest of a chain behind a mistake, and the stream that it is applied to. It is there for
    /// editors, which complete and explain it.
    Rest { input: Operand, calls: Vec<Call> },
    /// The user's name for a stream, or names for several.
    Bind {
        pattern: TokenStream,
        place: TokenStream,
    },
    /// The user's name for a variable of a sub-pipeline, and the place where it is kept.
    Value { name: Ident, place: Ident },
    /// A name that a sub-pipeline has hidden, and what it stands for again.
    Restore { name: Ident, entity: Entity },
    /// A stream or a sink that a sub-pipeline takes as its parameter.
    Pass {
        name: Ident,
        ty: Type,
        argument: TokenStream,
    },
    /// The type of one stream or more as the user wrote it, and the token that made them.
    Ascribe {
        ty: Type,
        ports: Vec<Port>,
        made_by: Span,
    },
}

/// A typed call.
pub(crate) struct SpineCall {
    pub(crate) node: usize,
    pub(crate) input: Operand,
    pub(crate) call: Call,
    /// The streams among the arguments.
    pub(crate) streams: Vec<Operand>,
    /// The sink among the arguments, in the user's token.
    pub(crate) sink: Option<Ident>,
    /// Whose closures the arguments are: an index into [`Graph::frames`].
    pub(crate) frame: usize,
}

/// A stream that an operator is applied to.
#[derive(Clone)]
pub(crate) struct Operand {
    pub(crate) port: Port,
    /// The user's token, if it was named.
    pub(crate) name: Option<Ident>,
}

impl ToTokens for Operand {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.name {
            Some(name) => name.to_tokens(tokens),
            None => self.port.stream().to_tokens(tokens),
        }
    }
}
