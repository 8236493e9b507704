//! The second floor: from [`Function`] to [`Graph`]. Names become nodes, sub-pipelines are inlined.
//!
//! AFTER THIS POINT every input of a node is a node before it, so the nodes are in topological
//! order, and every operator has the number of arguments that it takes.

use std::collections::HashMap;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Expr, Ident, Type};

use crate::diagnostics::Diagnostics;
use crate::ops::{self, Arg, OpSpec, Shape};
use crate::syntax::{
    Argument, Arguments, Base, Call, Chain, Function, Names, ParamKind, Source, Statement,
};

/// A pipeline as a graph of operators.
pub(crate) struct Graph<'f> {
    pub(crate) function: &'f Function,
    pub(crate) nodes: Vec<Node>,
    /// What is emitted once a batch, in source order, for the types.
    pub(crate) spine: Vec<SpineItem>,
    pub(crate) prologue: Vec<TokenStream>,
    /// The streams that have a name.
    pub(crate) names: Vec<Named>,
    /// How many mistakes had been found when this pipeline was begun.
    pub(crate) errors_before: usize,
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
    pub(crate) span: Span,
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
    /// The call of an operator: receiver, name, arguments.
    Call {
        node: usize,
        receiver: TokenStream,
        call: Call,
        arguments: TokenStream,
    },
    /// A name given to a stream, and its type if the user wrote one.
    Bind {
        pattern: TokenStream,
        ty: Option<Type>,
        value: TokenStream,
    },
}

/// Resolves the names of a pipeline.
pub(crate) fn resolve<'f>(
    function: &'f Function,
    source: &Source,
    diagnostics: &mut Diagnostics,
) -> Graph<'f> {
    let graph = Graph {
        function,
        nodes: Vec::new(),
        spine: Vec::new(),
        prologue: Vec::new(),
        names: Vec::new(),
        errors_before: diagnostics.len(),
    };
    let mut resolver = Resolver {
        graph,
        source,
        diagnostics,
        inlining: Vec::new(),
    };
    let scope = resolver.parameters();
    resolver.body(&function.body, scope, true);
    resolver.graph
}

/// A stream under its name.
#[derive(Clone)]
struct Binding {
    port: Port,
    /// What the spine calls it: the user's name, or a generated one inside a sub-pipeline.
    token: TokenStream,
    /// Its place in [`Graph::names`].
    index: usize,
}

/// The streams that are known at some point; `None` for those that a mistake left without a node.
type Scope = HashMap<String, Option<Binding>>;

struct Resolver<'f, 's, 'd> {
    graph: Graph<'f>,
    source: &'s Source,
    diagnostics: &'d mut Diagnostics,
    inlining: Vec<String>,
}

/// A stream that an expression stands for, with what the spine calls it.
#[derive(Clone)]
struct Value {
    ports: Vec<Port>,
    token: TokenStream,
}

impl Value {
    fn single(port: Port) -> Self {
        let stream = port.stream();
        Self {
            ports: vec![port],
            token: quote!(#stream),
        }
    }
}

impl Resolver<'_, '_, '_> {
    /// The inputs, each under the name of its parameter.
    fn parameters(&mut self) -> Scope {
        let mut scope = Scope::new();
        for (index, param) in self.graph.function.params.iter().enumerate() {
            let ParamKind::Stream(_) = param.kind else {
                continue;
            };
            let node = self.node(NodeKind::Source(index), Vec::new(), param.name.span());
            self.graph.nodes[node].names = vec![param.name.to_string()];
            self.graph.spine.push(SpineItem::Source { node });
            self.bind(&mut scope, &param.name, Port { node, port: 0 }, true);
        }
        scope
    }

    fn node(&mut self, kind: NodeKind, inputs: Vec<Port>, span: Span) -> usize {
        self.graph.nodes.push(Node {
            kind,
            inputs,
            names: Vec::new(),
            span,
        });
        self.graph.nodes.len() - 1
    }

    /// Gives a name to a stream. At the top level that name also stands in the spine.
    fn bind(&mut self, scope: &mut Scope, name: &Ident, port: Port, top: bool) {
        let token = if top {
            quote!(#name)
        } else {
            Value::single(port).token
        };
        self.graph.names.push(Named {
            name: name.clone(),
            used: false,
        });
        let binding = Binding {
            port,
            token,
            index: self.graph.names.len() - 1,
        };
        if scope.insert(name.to_string(), Some(binding)).is_some() {
            let help = "give each stream a name of its own";
            self.diagnostics.error(
                name.span(),
                format!("the name `{name}` is used twice"),
                help,
            );
        }
    }

    /// All statements; the stream of the last one, if it stands there for the result.
    fn body(&mut self, body: &[Statement], mut scope: Scope, top: bool) -> Option<Value> {
        let mut result = None;
        for statement in body {
            match statement {
                Statement::Prologue(tokens) => self.graph.prologue.push(tokens.clone()),
                Statement::Let { names, ty, chain } => {
                    self.let_statement(names, ty.as_ref(), chain, &mut scope, top)
                }
                Statement::Chain { chain, is_tail } => {
                    let value = self.chain(chain, &scope);
                    if *is_tail && !top {
                        result = value;
                    } else {
                        self.check_ends_in_output(value, chain);
                    }
                }
            }
        }
        result
    }

    /// A statement that is a chain must put its records somewhere.
    fn check_ends_in_output(&mut self, value: Option<Value>, chain: &Chain) {
        let Some(value) = value else { return };
        if value.ports.is_empty() {
            return;
        }
        let span = chain
            .calls
            .last()
            .map_or(chain.base.name().span(), |call| call.name.span());
        let help = "end the chain with an output such as `.print()` or `.to(sink)`, or give it a name: `let name = …;`";
        self.diagnostics
            .error(span, "nothing uses the stream that this chain makes", help);
    }

    fn let_statement(
        &mut self,
        names: &Names,
        ty: Option<&Type>,
        chain: &Chain,
        scope: &mut Scope,
        top: bool,
    ) {
        let value = self.chain(chain, scope);
        match (names, value) {
            (Names::One(name), Some(value)) if value.ports.len() == 1 => {
                self.name_node(value.ports[0], vec![name.to_string()]);
                self.spine_bind(top, quote!(#name), ty, &value.token);
                self.bind(scope, name, value.ports[0], top);
            }
            (Names::Many(names, _), Some(value))
                if names.len() == value.ports.len() && !names.is_empty() =>
            {
                let pattern = names
                    .iter()
                    .map(|name| name.as_ref().map_or(quote!(_), |name| quote!(#name)));
                self.spine_bind(top, quote!((#(#pattern),*)), ty, &value.token);
                let in_plan = |name: &Option<Ident>| {
                    name.as_ref()
                        .map_or_else(|| "_".to_owned(), Ident::to_string)
                };
                self.name_node(value.ports[0], names.iter().map(in_plan).collect());
                for (name, port) in names.iter().zip(value.ports) {
                    if let Some(name) = name {
                        self.bind(scope, name, port, top);
                    }
                }
            }
            (names, value) => {
                if let Some(value) = value {
                    self.wrong_names(names, &value, chain);
                }
                self.poison(names, scope);
            }
        }
    }

    fn spine_bind(
        &mut self,
        top: bool,
        pattern: TokenStream,
        ty: Option<&Type>,
        value: &TokenStream,
    ) {
        if top {
            self.graph.spine.push(SpineItem::Bind {
                pattern,
                ty: ty.cloned(),
                value: value.clone(),
            });
        } else if ty.is_some() {
            self.graph.spine.push(SpineItem::Bind {
                pattern: quote!(_),
                ty: ty.cloned(),
                value: value.clone(),
            });
        }
    }

    /// The names stay known, so that what uses them is not a second mistake.
    fn poison(&mut self, names: &Names, scope: &mut Scope) {
        let names = match names {
            Names::One(name) => vec![name.to_string()],
            Names::Many(names, _) => names.iter().flatten().map(ToString::to_string).collect(),
        };
        scope.extend(names.into_iter().map(|name| (name, None)));
    }

    fn wrong_names(&mut self, names: &Names, value: &Value, chain: &Chain) {
        let operator = chain.calls.last().map_or_else(
            || chain.base.name().to_string(),
            |call| call.name.to_string(),
        );
        let span = match names {
            Names::One(name) => name.span(),
            Names::Many(_, span) => *span,
        };
        let (message, help) = match value.ports.len() {
            0 => (format!("`{operator}` is an output: no stream comes out of it"), "take the `let` away".to_owned()),
            1 => (format!("one stream comes out of `{operator}`"), "write `let name = …;`".to_owned()),
            _ => (
                format!("two streams come out of `{operator}`: the results and the errors"),
                "write `let (results, errors) = …;`; to drop the errors on purpose, `let (results, _) = …;`".to_owned(),
            ),
        };
        self.diagnostics.error(span, message, help);
    }

    /// The names of a `let` in the plan; those nearest to the operator stay.
    fn name_node(&mut self, port: Port, names: Vec<String>) {
        let node = &mut self.graph.nodes[port.node];
        if node.names.is_empty() {
            node.names = names;
        }
    }

    /// The streams that a chain makes; `None` after a mistake.
    fn chain(&mut self, chain: &Chain, scope: &Scope) -> Option<Value> {
        let mut value = match &chain.base {
            Base::Name(name) => self.lookup(name, scope)?,
            Base::Call(name, arguments) => self.inline(name, arguments, scope)?,
        };
        for (index, call) in chain.calls.iter().enumerate() {
            let [port] = value.ports[..] else {
                self.not_a_stream(&chain.calls[index - 1].name, &value);
                return None;
            };
            value = self.call(port, &value.token, call, scope)?;
        }
        Some(value)
    }

    fn not_a_stream(&mut self, operator: &Ident, value: &Value) {
        let (message, help) = match value.ports.len() {
            0 => (
                format!("`{operator}` is an output: nothing can follow it"),
                "give the stream before it a name, and use that twice",
            ),
            _ => (
                format!("two streams come out of `{operator}`: the results and the errors"),
                "the errors must go somewhere: end the chain here with `let (results, errors) = …;`",
            ),
        };
        self.diagnostics.error(operator.span(), message, help);
    }

    fn lookup(&mut self, name: &Ident, scope: &Scope) -> Option<Value> {
        match scope.get(&name.to_string()) {
            Some(Some(binding)) => {
                self.graph.names[binding.index].used = true;
                // The user's own token at this place, so that an editor can follow it.
                let is_user_name = binding.token.to_string() == name.to_string();
                let token = if is_user_name {
                    quote!(#name)
                } else {
                    binding.token.clone()
                };
                Some(Value {
                    ports: vec![binding.port],
                    token,
                })
            }
            Some(None) => None,
            None => {
                if self.diagnostics.len() == self.graph.function.errors.0 {
                    let help = "define it before it is used: `let name = …;`";
                    self.diagnostics.error(
                        name.span(),
                        format!("there is no stream `{name}` here"),
                        help,
                    );
                }
                None
            }
        }
    }

    /// One operator applied to a stream.
    fn call(
        &mut self,
        input: Port,
        receiver: &TokenStream,
        call: &Call,
        scope: &Scope,
    ) -> Option<Value> {
        let Some(op) = ops::find(&call.name.to_string()) else {
            self.unknown_operator(&call.name);
            return None;
        };
        let call_arguments = self.call_arguments(op, call, scope)?;
        let mut inputs = vec![input];
        inputs.extend(call_arguments.streams);
        let kind = match call_arguments.sink {
            Some(sink) => NodeKind::ToSink(op, sink),
            None => NodeKind::Op(op),
        };
        let node = self.node(kind, inputs, call.name.span());
        self.graph.spine.push(SpineItem::Call {
            node,
            receiver: receiver.clone(),
            call: call.clone(),
            arguments: call_arguments.tokens,
        });
        let ports: Vec<Port> = (0..op.shape.ports())
            .map(|port| Port { node, port })
            .collect();
        let streams = ports.iter().map(|port| port.stream());
        let token = if ports.len() == 1 {
            quote!(#(#streams)*)
        } else {
            quote!((#(#streams),*))
        };
        Some(Value { ports, token })
    }

    fn unknown_operator(&mut self, name: &Ident) {
        let help = match ops::meant(&name.to_string()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "the operators are the methods of `stream_runtime::Stream`; for any function of a whole batch there is `transform`".to_owned(),
        };
        self.diagnostics
            .error(name.span(), format!("there is no operator `{name}`"), help);
    }

    fn call_arguments(&mut self, op: &OpSpec, call: &Call, scope: &Scope) -> Option<CallArguments> {
        let Some(parsed) = &call.arguments.parsed else {
            return Some(CallArguments {
                tokens: call.arguments.tokens.clone(),
                ..CallArguments::default()
            });
        };
        if !self.check_arity(op, call, parsed) {
            return None;
        }
        if op.args.first() == Some(&Arg::Streams) {
            return self.stream_list(call, parsed, scope);
        }
        let mut result = CallArguments::default();
        let mut tokens = Vec::new();
        for (arg, argument) in op.args.iter().zip(parsed) {
            tokens.push(self.argument(*arg, argument, call, scope, &mut result)?);
        }
        // Where no argument was rewritten the user's own group goes out.
        let has_streams = op.args.iter().any(|arg| *arg == Arg::Stream);
        result.tokens = if has_streams {
            quote!((#(#tokens),*))
        } else {
            call.arguments.tokens.clone()
        };
        Some(result)
    }

    fn check_arity(&mut self, op: &OpSpec, call: &Call, parsed: &[Argument]) -> bool {
        let fits = match op.args {
            [Arg::Streams] => !parsed.is_empty(),
            args => args.len() == parsed.len(),
        };
        if !fits {
            let message = format!(
                "`{}` takes {}, not {}",
                op.name,
                arity_text(op),
                count_text(parsed.len())
            );
            self.diagnostics
                .error(call.name.span(), message, format!("write `{}`", usage(op)));
        }
        fits
    }

    /// One argument; the tokens that stand for it in the spine.
    fn argument(
        &mut self,
        arg: Arg,
        argument: &Argument,
        call: &Call,
        scope: &Scope,
        result: &mut CallArguments,
    ) -> Option<TokenStream> {
        match (arg, argument) {
            (Arg::Stream, Argument::Chain(chain)) => {
                let value = self.operand(chain, scope)?;
                result.streams.push(value.ports[0]);
                Some(value.token)
            }
            (Arg::Stream | Arg::Streams, Argument::Expr(expr)) => {
                self.expected_stream(expr, call);
                None
            }
            (Arg::Sink, Argument::Expr(expr)) => {
                result.sink = Some(self.sink(expr, call)?);
                Some(quote!(#expr))
            }
            (Arg::Function | Arg::Value, Argument::Expr(expr)) => Some(quote!(#expr)),
            (_, Argument::Chain(chain)) => {
                let name = chain.base.name();
                let help = format!("write `{}`", usage(ops::find(&call.name.to_string())?));
                self.diagnostics.error(
                    name.span(),
                    format!("`{}` does not take a stream here", call.name),
                    help,
                );
                None
            }
        }
    }

    /// A chain in the place of an argument.
    fn operand(&mut self, chain: &Chain, scope: &Scope) -> Option<Value> {
        let value = self.chain(chain, scope)?;
        if value.ports.len() == 1 {
            return Some(value);
        }
        let last = chain
            .calls
            .last()
            .map_or(chain.base.name(), |call| &call.name);
        self.not_a_stream(&last.clone(), &value);
        None
    }

    fn stream_list(
        &mut self,
        call: &Call,
        parsed: &[Argument],
        scope: &Scope,
    ) -> Option<CallArguments> {
        let mut result = CallArguments::default();
        let mut tokens = Vec::new();
        for argument in parsed {
            match argument {
                Argument::Chain(chain) => {
                    let value = self.operand(chain, scope)?;
                    result.streams.push(value.ports[0]);
                    tokens.push(value.token);
                }
                Argument::Expr(expr) => {
                    self.expected_stream(expr, call);
                    return None;
                }
            }
        }
        result.tokens = quote!(([#(#tokens),*]));
        Some(result)
    }

    fn expected_stream(&mut self, expr: &Expr, call: &Call) {
        let span = syn::spanned::Spanned::span(expr);
        let help = "name a parameter of type `Stream<T>` or a `let`; to join with a table, use `transform`";
        self.diagnostics
            .error(span, format!("`{}` takes a stream here", call.name), help);
    }

    /// The index of the sink parameter that `to` names.
    fn sink(&mut self, expr: &Expr, call: &Call) -> Option<usize> {
        let params = &self.graph.function.params;
        let index = params.iter().position(|param| {
            matches!(param.kind, ParamKind::Sink(_))
                && matches!(expr, Expr::Path(path) if path.path.is_ident(&param.name))
        });
        if index.is_none() {
            let span = syn::spanned::Spanned::span(expr);
            let help = "add a parameter `out: Sink<T>` to the pipeline, and write `.to(out)`";
            self.diagnostics.error(
                span,
                format!("`{}` takes a sink parameter", call.name),
                help,
            );
        }
        index
    }

    /// A call of a sub-pipeline: its nodes become nodes of this pipeline.
    fn inline(&mut self, name: &Ident, arguments: &Arguments, scope: &Scope) -> Option<Value> {
        let source = self.source;
        let function = source.sub_pipeline(name)?;
        let text = name.to_string();
        if self.inlining.contains(&text) {
            let help = "a pipeline is laid out at compile time; a loop needs a stream of its own";
            self.diagnostics
                .error(name.span(), format!("`{text}` calls itself"), help);
            return None;
        }
        let parsed = arguments.parsed.as_deref().unwrap_or_default();
        if parsed.len() != function.params.len() {
            let expected = function
                .params
                .iter()
                .map(|param| param.name.to_string())
                .collect::<Vec<_>>()
                .join(", ");
            let message = format!(
                "`{text}` takes {}, not {}",
                count_text(function.params.len()),
                count_text(parsed.len())
            );
            self.diagnostics
                .error(name.span(), message, format!("write `{text}({expected})`"));
            return None;
        }
        let mut inner = Scope::new();
        for (param, argument) in function.params.iter().zip(parsed) {
            self.pass(param, argument, name, scope, &mut inner)?;
        }
        self.inlining.push(text);
        let value = self.body(&function.body, inner, false);
        self.inlining.pop();
        let value = value.or_else(|| self.no_result(function));
        if let (Some(value), Some(ty)) = (&value, &function.returns) {
            let token = value.token.clone();
            self.graph.spine.push(SpineItem::Bind {
                pattern: quote!(_),
                ty: Some(ty.clone()),
                value: token,
            });
        }
        value
    }

    fn no_result(&mut self, function: &Function) -> Option<Value> {
        if self.diagnostics.len() == function.errors.0 {
            let help = "let its last line be a chain without a semicolon";
            let message = format!("no stream comes out of `{}`", function.name);
            self.diagnostics.error(function.name.span(), message, help);
        }
        None
    }

    /// Passes one argument to a sub-pipeline.
    fn pass(
        &mut self,
        param: &crate::syntax::Param,
        argument: &Argument,
        callee: &Ident,
        scope: &Scope,
        inner: &mut Scope,
    ) -> Option<()> {
        match (&param.kind, argument) {
            (ParamKind::Stream(_), Argument::Chain(chain)) => {
                let value = self.operand(chain, scope)?;
                let (ty, token) = (Some(param.ty.clone()), value.token.clone());
                self.graph.spine.push(SpineItem::Bind {
                    pattern: quote!(_),
                    ty,
                    value: token,
                });
                self.bind(inner, &param.name, value.ports[0], false);
                Some(())
            }
            (ParamKind::Stream(_), Argument::Expr(expr)) => {
                let span = syn::spanned::Spanned::span(&**expr);
                let help = "name a parameter of type `Stream<T>` or a `let`";
                self.diagnostics.error(
                    span,
                    format!("`{callee}` takes a stream for `{}`", param.name),
                    help,
                );
                None
            }
            (_, Argument::Expr(expr)) => {
                self.pass_value(param, expr);
                Some(())
            }
            (_, Argument::Chain(chain)) => {
                let help = "pass a value; the type of the parameter says which";
                let message = format!("`{callee}` does not take a stream for `{}`", param.name);
                self.diagnostics
                    .error(chain.base.name().span(), message, help);
                None
            }
        }
    }

    /// A value for a sub-pipeline is bound once, in the prologue, under the parameter's name.
    fn pass_value(&mut self, param: &crate::syntax::Param, expr: &Expr) {
        let (name, ty) = (&param.name, &param.ty);
        if !matches!(expr, Expr::Path(path) if path.path.is_ident(name)) {
            self.graph.prologue.push(quote!(let #name: #ty = #expr;));
        }
    }
}

/// What the arguments of a call come to.
#[derive(Default)]
struct CallArguments {
    tokens: TokenStream,
    streams: Vec<Port>,
    sink: Option<usize>,
}

fn arity_text(op: &OpSpec) -> String {
    match op.args {
        [Arg::Streams] => "one or more streams".to_owned(),
        args => count_text(args.len()),
    }
}

fn count_text(count: usize) -> String {
    match count {
        0 => "no arguments".to_owned(),
        1 => "one argument".to_owned(),
        2 => "two arguments".to_owned(),
        3 => "three arguments".to_owned(),
        count => format!("{count} arguments"),
    }
}

/// How an operator is written.
fn usage(op: &OpSpec) -> String {
    let arg = |arg: &Arg| match arg {
        Arg::Function => "|…| …",
        Arg::Value => "value",
        Arg::Stream => "stream",
        Arg::Streams => "stream, …",
        Arg::Sink => "out",
    };
    format!(
        ".{}({})",
        op.name,
        op.args.iter().map(arg).collect::<Vec<_>>().join(", ")
    )
}
