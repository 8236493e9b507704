//! Bodies: statements become nodes and names.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, Type};

use super::frame::{Entity, Frame};
use super::{Graph, Named, Node, NodeKind, Operand, Port, SpineItem};
use crate::diagnostics::{Diagnostics, similar};
use crate::ops::{self, Shape};
use crate::syntax::{Base, Chain, End, Function, ParamKind, Source, Statement};

/// Resolves the names of a pipeline.
pub(crate) fn resolve<'s>(
    function: &'s Function,
    source: &'s Source,
    diagnostics: &mut Diagnostics,
) -> Graph<'s> {
    let graph = Graph {
        function,
        nodes: Vec::new(),
        spine: Vec::new(),
        prologue: Vec::new(),
        items: Vec::new(),
        frames: vec![Frame::new(function, 0, 0)],
        names: Vec::new(),
        kept: Vec::new(),
        is_broken: function.is_broken,
    };
    let mut resolver = Resolver {
        graph,
        source,
        diagnostics,
        frame: 0,
        inlining: Vec::new(),
        left: Vec::new(),
    };
    resolver.parameters();
    resolver.body(function);
    resolver.graph
}

pub(super) struct Resolver<'s, 'd> {
    pub(super) graph: Graph<'s>,
    pub(super) source: &'s Source,
    pub(super) diagnostics: &'d mut Diagnostics,
    /// The frame whose body is being read.
    pub(super) frame: usize,
    /// The sub-pipelines that are being inlined, outermost first.
    pub(super) inlining: Vec<&'s Function>,
    /// The variables that are left of the prologue so far: see [`PrologueItem::Inlined`].
    pub(super) left: Vec<(Ident, Ident)>,
}

/// The streams that an expression stands for.
pub(super) struct Value {
    pub(super) ports: Vec<Port>,
    /// The user's token, if it is one stream that was named.
    name: Option<Ident>,
}

impl Value {
    pub(super) fn unnamed(ports: Vec<Port>) -> Self {
        Self { ports, name: None }
    }

    /// The operand that this is, if it is one stream.
    pub(super) fn single(&self) -> Option<Operand> {
        let [port] = self.ports[..] else { return None };
        Some(Operand {
            port,
            name: self.name.clone(),
        })
    }

    /// What the spine calls it.
    pub(super) fn place(&self) -> TokenStream {
        if let Some(operand) = self.single() {
            return quote!(#operand);
        }
        let streams = self.ports.iter().map(|port| port.stream());
        quote!((#(#streams),*))
    }
}

impl<'s> Resolver<'s, '_> {
    /// A mistake in this pipeline.
    pub(super) fn mistake(&mut self, span: Span, message: String, help: &str) {
        self.graph.is_broken = true;
        self.diagnostics.error(span, message, help);
    }

    pub(super) fn frame(&mut self) -> &mut Frame<'s> {
        &mut self.graph.frames[self.frame]
    }

    /// The parameters, each under its name.
    fn parameters(&mut self) {
        for (index, param) in self.graph.function.params.iter().enumerate() {
            match param.kind {
                ParamKind::Stream(_) => {
                    let node = self.node(NodeKind::Source(index), Vec::new(), param.name.span());
                    self.graph.nodes[node].names = vec![param.name.to_string()];
                    self.graph.spine.push(SpineItem::Source { node });
                    self.define_stream(&param.name, Port { node, port: 0 });
                }
                ParamKind::Sink(_) => self.frame().define(&param.name, Entity::Sink(index)),
                ParamKind::Shared | ParamKind::Constant => self.define_value(&param.name),
                ParamKind::Unknown => self.frame().define(&param.name, Entity::Missing),
            }
        }
    }

    pub(super) fn node(&mut self, kind: NodeKind, inputs: Vec<Port>, span: Span) -> usize {
        self.graph.nodes.push(Node {
            kind,
            inputs,
            names: Vec::new(),
            span,
            is_copy: false,
            gives_words: false,
            contained: None,
            window: None,
            spans: Vec::new(),
        });
        self.graph.nodes.len() - 1
    }

    pub(super) fn define_stream(&mut self, name: &Ident, port: Port) {
        self.graph.names.push(Named {
            name: name.clone(),
            used: false,
        });
        let index = self.graph.names.len() - 1;
        self.frame().define(name, Entity::Stream(port, index));
    }

    /// All statements; the streams that come out, if the function has a result.
    /// The place is where the last of them is made.
    pub(super) fn body(&mut self, function: &'s Function) -> Option<(Value, Span)> {
        let (mut result, mut has_chains) = (None, false);
        for statement in &function.body {
            if let Statement::Prologue(prologue) = statement {
                self.prologue(prologue, has_chains);
                continue;
            }
            has_chains = true;
            match statement {
                Statement::Let { pattern, ty, chain } => {
                    let value = self.chain(chain);
                    self.let_statement(pattern, ty.as_deref(), chain, value);
                }
                Statement::Chain { chain, end } => {
                    let value = self.chain(chain);
                    if *end == End::Body && function.is_sub_pipeline() {
                        result = value.map(|value| (value, chain.last_name().span()));
                    } else {
                        self.check_ends_in_output(value, chain);
                    }
                }
                Statement::Tuple(chains) => result = self.tuple(chains),
                Statement::Prologue(_) => {}
            }
        }
        result
    }

    fn tuple(&mut self, chains: &'s [Chain]) -> Option<(Value, Span)> {
        let operands: Vec<_> = chains.iter().map(|chain| self.operand(chain)).collect();
        let operands: Option<Vec<_>> = operands.into_iter().collect();
        let ports = operands?.iter().map(|operand| operand.port).collect();
        Some((Value::unnamed(ports), chains.last()?.last_name().span()))
    }

    /// A statement that is a chain must put its records somewhere.
    fn check_ends_in_output(&mut self, value: Option<Value>, chain: &Chain) {
        if value.is_none_or(|value| value.ports.is_empty()) || chain.is_cut {
            return;
        }
        let message = "nothing uses the stream that this chain makes".to_owned();
        let help = if self.graph.frames[self.frame].function.is_sub_pipeline() {
            "end the chain with an output such as `.to(sink)`, or give it a name; the result of a sub-pipeline is the last line, without a semicolon"
        } else {
            "end the chain with an output such as `.print()` or `.to(sink)`, or give it a name: `let name = …;`"
        };
        self.mistake(chain.last_name().span(), message, help);
    }

    pub(super) fn ascribe(&mut self, ty: Type, value: &Value, made_by: Span) {
        let ports = value.ports.clone();
        let item = SpineItem::Ascribe { ty, ports, made_by };
        self.graph.spine.push(item);
    }

    /// The streams that a chain makes; `None` after a mistake.
    pub(super) fn chain(&mut self, chain: &'s Chain) -> Option<Value> {
        let mut value = match &chain.base {
            Base::Name(name) => self.lookup(name)?,
            Base::Call(name, arguments) => self.inline(name, arguments)?,
        };
        let mut maker = chain.base.name();
        for (index, call) in chain.calls.iter().enumerate() {
            let Some(input) = value.single() else {
                self.not_one_stream(maker, &value);
                return None;
            };
            value = match self.call(input.clone(), call) {
                Some(value) => value,
                None => {
                    let calls = chain.calls[index..].to_vec();
                    self.graph.spine.push(SpineItem::Rest { input, calls });
                    return None;
                }
            };
            maker = &call.name;
        }
        (!chain.is_cut).then_some(value)
    }

    /// A chain in the place of an argument.
    pub(super) fn operand(&mut self, chain: &'s Chain) -> Option<Operand> {
        let value = self.chain(chain)?;
        let operand = value.single();
        if operand.is_none() {
            self.not_one_stream(chain.last_name(), &value);
        }
        operand
    }

    fn not_one_stream(&mut self, maker: &Ident, value: &Value) {
        let (message, help) = match value.ports.len() {
            0 => (
                format!("`{maker}` is an output: nothing can follow it"),
                "give the stream before it a name, and use that twice",
            ),
            _ => (
                several_streams(maker),
                match is_window(maker) {
                    true => {
                        "late records must go somewhere: end the chain here with `let (windows, late) = …;`"
                    }
                    false => {
                        "the errors must go somewhere: end the chain here with `let (results, errors) = …;`"
                    }
                },
            ),
        };
        self.mistake(maker.span(), message, help);
    }

    fn lookup(&mut self, name: &Ident) -> Option<Value> {
        match self.frame().get(name) {
            Some(Entity::Stream(port, index)) => {
                let (port, index) = (*port, *index);
                self.graph.names[index].used = true;
                Some(Value {
                    ports: vec![port],
                    // The user's own token at this place, so that an editor can follow it.
                    name: Some(name.clone()),
                })
            }
            Some(Entity::Missing) => None,
            Some(Entity::Sink(_) | Entity::Value(_)) | None => {
                // A name that no `let` defines was reported by the parser.
                self.graph.is_broken = true;
                None
            }
        }
    }

    /// The stream that was probably meant by a name that is not known.
    pub(super) fn similar_stream(&self, name: &Ident) -> Option<String> {
        let names = self.graph.frames[self.frame].names();
        let streams: Vec<String> = names
            .filter(|(_, entity)| matches!(entity, Entity::Stream(..) | Entity::Missing))
            .map(|(name, _)| name.to_string())
            .collect();
        similar(&name.to_string(), streams.iter().map(String::as_str)).map(ToOwned::to_owned)
    }
}

/// What is wrong with more than one stream where one is expected.
pub(super) fn several_streams(maker: &Ident) -> String {
    if maker == "try_map" {
        "two streams come out of `try_map`: the results and the errors".to_owned()
    } else if is_window(maker) {
        format!("two streams come out of `{maker}`: the windows and the late records")
    } else {
        format!("more than one stream comes out of `{maker}`")
    }
}

/// Whether it is a window over event time, which has late records.
pub(super) fn is_window(maker: &Ident) -> bool {
    let op = ops::find(&maker.to_string());
    op.is_some_and(|op| op.shape == Shape::ShuffleFork)
}
