//! One operator of a chain, and its arguments.

use syn::spanned::Spanned;
use syn::{Expr, ExprPath, Ident};

use super::frame::Entity;
use super::resolve::{Resolver, Value};
use super::selection::is_selection;
use super::{NodeKind, Operand, Port, SpineCall, SpineItem, Window, contained, copies, words};
use crate::duration::Duration;
use crate::ops::{self, Arg, OpSpec, Shape};
use crate::syntax::{Argument, Call};

/// What the arguments of a call come to.
#[derive(Default)]
struct Resolved {
    streams: Vec<Operand>,
    sink: Option<(usize, Ident)>,
    durations: Vec<Duration>,
}

impl<'s> Resolver<'s, '_> {
    /// One operator applied to a stream; `None` after a mistake.
    pub(super) fn call(&mut self, input: Operand, call: &'s Call) -> Option<Value> {
        let is_steady = self.graph.function.settings.steady.is_some();
        let Some(op) = form(call, is_steady) else {
            self.unknown_operator(&call.name);
            return None;
        };
        let input = match op.name {
            "state_snapshots" => self.snapshots_of(&input, call)?,
            _ => input,
        };
        let Resolved {
            streams,
            sink,
            durations,
        } = self.arguments(op, call)?;
        let kind = match &sink {
            Some((index, _)) => NodeKind::ToSink(op, *index),
            None => NodeKind::Op(op),
        };
        let inputs = [&input].into_iter().chain(&streams);
        let inputs = inputs.map(|operand| operand.port).collect();
        let node = self.node(kind, inputs, call.name.span());
        self.graph.nodes[node].gives_words = words::are_given(&self.graph, input.port, call);
        self.graph.nodes[node].contained =
            contained::pattern(&self.graph, self.frame, input.port, call);
        self.graph.nodes[node].is_copy = !op.has_memory() && copies::only_reads(call);
        match op.args.iter().any(|arg| arg.is_of_window()) {
            true => self.graph.nodes[node].window = window(durations),
            false => self.graph.nodes[node].spans = durations,
        }
        self.graph.spine.push(SpineItem::Call(SpineCall {
            node,
            input,
            call: call.clone(),
            streams,
            sink: sink.map(|(_, name)| name),
            frame: self.frame,
        }));
        let ports = (0..op.shape.ports()).map(|port| Port { node, port });
        Some(Value::unnamed(ports.collect()))
    }

    /// The second stream of the operator that made a stream, if it has one.
    fn snapshots_of(&mut self, input: &Operand, call: &Call) -> Option<Operand> {
        let Port { node, port } = input.port;
        if port == 0 && self.graph.nodes[node].shape() == Some(Shape::Mapping) {
            let port = Port { node, port: 1 };
            return Some(Operand { port, name: None });
        }
        let message = "`state_snapshots` follows `map_with_state`".to_owned();
        let help = "give the stream of `map_with_state` a name, and start from that: `let mapped = ….map_with_state(…); mapped.state_snapshots()`";
        self.mistake(call.name.span(), message, help);
        None
    }

    fn unknown_operator(&mut self, name: &Ident) {
        let meant = ops::meant(&name.to_string());
        let help = meant.map_or_else(
            || "the operators are the methods of `stream_runtime::Stream`; for any function of a whole batch there is `transform`".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        );
        self.mistake(name.span(), format!("there is no operator `{name}`"), &help);
    }

    /// Arguments that could not be parsed are left to rustc, if they are only closures and values.
    fn arguments(&mut self, op: &'static OpSpec, call: &'s Call) -> Option<Resolved> {
        let mut resolved = Resolved::default();
        let Some(arguments) = &call.arguments else {
            let help = format!("write `{}`", usage(op));
            let message = format!("the parentheses of `{}` are missing", op.name);
            self.mistake(call.name.span(), message, &help);
            return None;
        };
        let Some(parsed) = &arguments.parsed else {
            if op
                .args
                .iter()
                .all(|arg| arg.is_function() || matches!(arg, Arg::Value | Arg::Options))
            {
                return Some(resolved);
            }
            let message = format!("the arguments of `{}` cannot be read", op.name);
            self.mistake(call.name.span(), message, &format!("write `{}`", usage(op)));
            return None;
        };
        if !self.check_arity(op, call, parsed) {
            return None;
        }
        let mut expected = op.args.iter().cycle();
        let are_right: Vec<bool> = parsed
            .iter()
            .map(|argument| {
                let expected = *expected.next().unwrap_or(&Arg::Value);
                self.argument(expected, argument, op, &mut resolved)
            })
            .collect();
        are_right.into_iter().all(|right| right).then_some(resolved)
    }

    fn check_arity(&mut self, op: &OpSpec, call: &Call, parsed: &[Argument]) -> bool {
        let fits = op.takes(parsed.len());
        if !fits {
            let (takes, not) = (arity_text(op), count_text(parsed.len()));
            let message = format!("`{}` takes {takes}, not {not}", op.name);
            self.mistake(call.name.span(), message, &format!("write `{}`", usage(op)));
        }
        fits
    }

    /// One argument; whether it is what the operator takes.
    fn argument(
        &mut self,
        expected: Arg,
        argument: &'s Argument,
        op: &OpSpec,
        resolved: &mut Resolved,
    ) -> bool {
        match (expected, argument) {
            (Arg::Stream | Arg::Streams, Argument::Chain(chain)) => {
                let operand = self.operand(chain);
                resolved.streams.extend(operand.clone());
                operand.is_some()
            }
            (Arg::Stream | Arg::Streams, Argument::Expr(expr)) => {
                self.expected_stream(op.name, expr);
                false
            }
            (Arg::Sink, Argument::Expr(expr)) => {
                resolved.sink = self.sink(op.name, expr);
                resolved.sink.is_some()
            }
            (arg, Argument::Expr(expr)) if arg.is_duration() => {
                let errors_before = self.diagnostics.len();
                let duration = Duration::of((**expr).clone(), self.diagnostics);
                self.graph.is_broken |= self.diagnostics.len() > errors_before;
                let is_right = duration.is_some();
                resolved.durations.extend(duration);
                is_right
            }
            (arg, Argument::Expr(expr)) if arg.is_function() && matches!(**expr, Expr::Lit(_)) => {
                let message = format!("`{}` takes a function here", op.name);
                let help = format!("write `{}`, or name a function", usage(op));
                self.mistake(expr.span(), message, &help);
                false
            }
            (_, Argument::Expr(_)) => true,
            (_, Argument::Chain(chain)) => {
                let message = format!("`{}` does not take a stream here", op.name);
                let help = format!("write `{}`", usage(op));
                self.mistake(chain.base.name().span(), message, &help);
                false
            }
        }
    }

    /// Something else stands where `taker` takes a stream.
    pub(super) fn expected_stream(&mut self, taker: &str, expr: &Expr) {
        let name = match expr {
            Expr::Path(path) => path.path.get_ident(),
            _ => None,
        };
        let help = "name a parameter of type `Stream<T>` or a `let`; to join with a table, use `transform`";
        match name {
            Some(name) if self.frame().get(name).is_none() => {
                let help = match self.similar_stream(name) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => help.to_owned(),
                };
                self.mistake(name.span(), format!("there is no stream `{name}`"), &help);
            }
            Some(name) => {
                let message = format!("`{taker}` takes a stream here, and `{name}` is none");
                self.mistake(name.span(), message, help);
            }
            None => {
                let message = format!("`{taker}` takes a stream here");
                self.mistake(expr.span(), message, help);
            }
        }
    }

    /// The sink parameter that an argument names: its index, and the user's token.
    pub(super) fn sink(&mut self, taker: &str, expr: &Expr) -> Option<(usize, Ident)> {
        if let Expr::Path(path) = expr
            && let Some(name) = path.path.get_ident()
            && let Some(Entity::Sink(index)) = self.frame().get(name)
        {
            return Some((*index, name.clone()));
        }
        let message = format!("`{taker}` takes a sink parameter");
        let help = "add a parameter `out: Sink<T>` to the pipeline, write `.to(out)`, and pass the sink where the pipeline is called";
        self.mistake(expr.span(), message, help);
        None
    }
}

/// The form of the operator that is called: the one that its arguments fit, or the first. A variable
/// may be a function or a duration; where both fit, it is the form with fewer functions, of those the
/// one whose functions have fewer arguments, and of those the last.
fn form(call: &Call, is_steady: bool) -> Option<&'static OpSpec> {
    let name = call.name.to_string();
    let arguments = call.arguments.as_ref();
    let parsed = arguments.and_then(|arguments| arguments.parsed.as_deref());
    let fits = |op: &&OpSpec| {
        let parsed = parsed.unwrap_or_default();
        let mut pairs = op.args.iter().zip(parsed);
        op.takes(parsed.len()) && pairs.all(|(arg, argument)| may_be(*arg, argument))
    };
    let may_be_asked_for = |op: &&OpSpec| is_steady || !op.is_steady;
    let functions = |op: &&OpSpec| {
        let functions = op.args.iter().filter(|arg| arg.is_function());
        let long = op.args.iter().filter(|arg| **arg == Arg::Fn4);
        (functions.count(), long.count(), !op.is_steady)
    };
    let forms = ops::forms(&name).filter(may_be_asked_for).filter(fits);
    forms
        .rev()
        .min_by_key(functions)
        .or_else(|| ops::find(&name))
}

/// Whether an argument can be what a form takes there, as far as can be seen: a closure is no
/// duration, and neither a literal nor a constant is a function.
fn may_be(arg: Arg, argument: &Argument) -> bool {
    let Argument::Expr(expr) = argument else {
        return true;
    };
    match (arg, &**expr) {
        (Arg::Select, function) => is_selection(function),
        (arg, Expr::Lit(_)) if arg.is_function() => false,
        (arg, Expr::Closure(_)) if arg.is_duration() => false,
        (arg, Expr::Path(path)) if arg.is_duration() => {
            path.path.segments.len() == 1 || !has_name_of_function(path)
        }
        // The forms of an operator may differ by how many arguments its function has.
        (Arg::Fn2, Expr::Closure(closure)) => closure.inputs.len() < 3,
        (Arg::Fn4, Expr::Closure(closure)) => closure.inputs.len() > 2,
        (arg, Expr::Path(path)) if arg.is_function() => has_name_of_function(path),
        _ => true,
    }
}

/// Whether a path ends in a name that is not all in capitals.
fn has_name_of_function(path: &ExprPath) -> bool {
    let last = path.path.segments.last();
    let name = last.map(|segment| segment.ident.to_string());
    name.is_none_or(|name| name.chars().any(char::is_lowercase))
}

/// Length and slide.
fn window(durations: Vec<Duration>) -> Option<Window> {
    let mut durations = durations.into_iter();
    let length = durations.next()?;
    let slide = durations.next();
    Some(Window { length, slide })
}

fn arity_text(op: &OpSpec) -> String {
    match op.args {
        [Arg::Streams] => "one or more streams".to_owned(),
        [least @ .., last] if last.is_optional() => {
            let (least, most) = (count_text(least.len()), count_text(op.args.len()));
            let (least, _) = least.split_once(' ').unwrap_or((&least, ""));
            format!("{least} or {most}")
        }
        args => count_text(args.len()),
    }
}

pub(super) fn count_text(count: usize) -> String {
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
        Arg::Fn1 => "|x| …",
        Arg::Fn2 | Arg::Select => "|a, b| …",
        Arg::Fn4 => "|time, key, value, state| …",
        Arg::Value => "value",
        Arg::Options => "StateSpec::new()",
        Arg::Stream => "stream",
        Arg::Streams => "stream, …",
        Arg::Sink => "out",
        Arg::Length => "30s",
        Arg::Slide | Arg::Span => "10s",
        Arg::Lateness | Arg::Idle => "1min",
    };
    let args: Vec<_> = op.args.iter().map(arg).collect();
    format!(".{}({})", op.name, args.join(", "))
}
