//! Which operators keep the lines of an input that contain something: if that is a string, the runtime
//! looks for it in whole blocks, and only for the ends of the lines that have it.
//!
//! That is read off the tokens, as for words. What is looked for goes out a second time, to be evaluated
//! once a stage, so it must be no more than a name or a literal; whether it is a string the types say.
//! The closure still has the last word on each line that is found.

use syn::{Expr, ExprClosure, ExprLit, Ident, Lit, Path};

use super::words::{is_str, only_name};
use super::{Graph, NodeKind, Port};
use crate::syntax::{Argument, Call, ParamKind};

/// What the records must contain that a call keeps. The stages do not see the variables of a sub-pipeline,
/// which may have the names of others.
pub(super) fn pattern(graph: &Graph<'_>, frame: usize, input: Port, call: &Call) -> Option<Expr> {
    let is_filter = call.name == "filter" && is_line(graph, input);
    let parsed = call.arguments.as_ref()?.parsed.as_deref()?;
    let [Argument::Expr(expr)] = parsed else {
        return None;
    };
    let Expr::Closure(closure) = &**expr else {
        return None;
    };
    let pattern = looked_for(closure).filter(|_| is_filter)?;
    (frame == 0 || matches!(pattern, Expr::Lit(_))).then(|| pattern.clone())
}

/// Whether the records of a stream are those of a parameter of type `Stream<&str>`.
fn is_line(graph: &Graph<'_>, port: Port) -> bool {
    match graph.nodes[port.node].kind {
        NodeKind::Source(param) => match &graph.function.params[param].kind {
            ParamKind::Stream(record) => is_str(record),
            _ => false,
        },
        _ => false,
    }
}

/// What a closure `|line| line.contains(…)` looks for.
fn looked_for(closure: &ExprClosure) -> Option<&Expr> {
    let (name, Expr::MethodCall(call)) = (only_name(closure)?, &*closure.body) else {
        return None;
    };
    let is_contains = call.method == "contains" && call.turbofish.is_none();
    let is_plain = closure.capture.is_none() && is_contains && is_named(&call.receiver, name);
    let pattern = call.args.first().filter(|_| call.args.len() == 1)?;
    (is_plain && has_no_effect(pattern, name)).then_some(pattern)
}

/// Whether an expression is a string literal, a name, a reference to what has a name, or the text of that.
fn has_no_effect(expr: &Expr, line: &Ident) -> bool {
    let is_other_name = |expr: &Expr| path(expr).is_some() && !is_named(expr, line);
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Str(_), ..
        }) => true,
        Expr::Reference(reference) => {
            reference.mutability.is_none() && is_other_name(&reference.expr)
        }
        Expr::MethodCall(call) => {
            call.method == "as_str" && call.args.is_empty() && is_other_name(&call.receiver)
        }
        expr => is_other_name(expr),
    }
}

fn path(expr: &Expr) -> Option<&Path> {
    match expr {
        Expr::Path(path) => Some(&path.path),
        _ => None,
    }
}

fn is_named(expr: &Expr, name: &Ident) -> bool {
    path(expr).is_some_and(|path| path.is_ident(name))
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;
    use syn::{ExprClosure, parse_quote};

    use super::looked_for;

    #[test]
    fn only_what_can_be_evaluated_twice_is_looked_for() {
        let pattern = |closure: ExprClosure| {
            looked_for(&closure).map(|pattern| pattern.to_token_stream().to_string())
        };
        let found =
            |closure, expected: &str| assert_eq!(pattern(closure).as_deref(), Some(expected));
        found(parse_quote!(|line| line.contains("ERROR")), "\"ERROR\"");
        found(parse_quote!(|line| line.contains(pattern)), "pattern");
        found(parse_quote!(|l| l.contains(words::ERROR)), "words :: ERROR");
        found(parse_quote!(|line| line.contains(&pattern)), "& pattern");
        found(parse_quote!(|l| l.contains(a.as_str())), "a . as_str ()");

        let nothing = |closure| assert_eq!(pattern(closure), None);
        nothing(parse_quote!(|line| !line.contains("ERROR")));
        nothing(parse_quote!(|line| line.contains('E')));
        nothing(parse_quote!(|line| line.contains(line)));
        nothing(parse_quote!(|line| line.contains(line.as_str())));
        nothing(parse_quote!(|line| other.contains("ERROR")));
        nothing(parse_quote!(|line| line.starts_with("ERROR")));
        nothing(parse_quote!(|line| line.trim().contains("ERROR")));
        nothing(parse_quote!(|line| line.contains(next())));
        nothing(parse_quote!(|line| line.contains(&next().name)));
        nothing(parse_quote!(|line| line.contains(|c| c == 'E')));
        nothing(parse_quote!(move |line| line.contains(pattern)));
        nothing(parse_quote!(|line, _| line.contains(pattern)));
    }
}
