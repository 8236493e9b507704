//! Which operators split text at white space: they need not call the user's closure for each record,
//! since the runtime knows a faster way to the same words.
//!
//! That is read off the tokens. A closure `|line| line.split_whitespace()`, with a `line` that can only be
//! a `&str`, does nothing else; it is emitted all the same, for its types.

use syn::{Expr, ExprClosure, Ident, Pat, Type};

use super::{Graph, NodeKind, Port};
use crate::syntax::{Argument, Call, ParamKind};

/// The methods of `str` that give its words.
const METHODS: [&str; 2] = ["split_whitespace", "split_ascii_whitespace"];

/// Whether an operator gives the words of each record, which is text.
pub(super) fn are_given(graph: &Graph<'_>, input: Port, call: &Call) -> bool {
    call.name == "flat_map" && is_split(call) && is_text(graph, input)
}

/// Whether the only argument splits what it is given.
fn is_split(call: &Call) -> bool {
    let arguments = call.arguments.as_ref();
    match arguments.and_then(|arguments| arguments.parsed.as_deref()) {
        Some([Argument::Expr(expr)]) => match &**expr {
            Expr::Closure(closure) => splits(closure),
            Expr::Path(path) => METHODS
                .iter()
                .any(|method| is_path(&path.path, &["str", method])),
            _ => false,
        },
        _ => false,
    }
}

fn splits(closure: &ExprClosure) -> bool {
    let (Some(name), Expr::MethodCall(call)) = (only_name(closure), &*closure.body) else {
        return false;
    };
    let is_method = METHODS.iter().any(|method| call.method == method);
    let is_plain = call.args.is_empty() && call.turbofish.is_none();
    is_method && is_plain && matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident(name))
}

/// The name of a closure's only parameter.
pub(super) fn only_name(closure: &ExprClosure) -> Option<&Ident> {
    match closure.inputs.first()? {
        Pat::Ident(pat) if closure.inputs.len() == 1 && pat.by_ref.is_none() => Some(&pat.ident),
        _ => None,
    }
}

fn is_path(path: &syn::Path, names: &[&str]) -> bool {
    path.leading_colon.is_none()
        && path.segments.len() == names.len()
        && path
            .segments
            .iter()
            .zip(names)
            .all(|(segment, name)| segment.arguments.is_none() && segment.ident == name)
}

/// Whether the records of a stream are known to be `&str`: those of a parameter that says so, past
/// operators that only leave some out.
fn is_text(graph: &Graph<'_>, port: Port) -> bool {
    let node = &graph.nodes[port.node];
    match node.kind {
        NodeKind::Source(param) => match &graph.function.params[param].kind {
            ParamKind::Stream(record) => is_str(record),
            _ => false,
        },
        NodeKind::Op(op) => {
            op.keeps_records() && node.inputs.iter().all(|input| is_text(graph, *input))
        }
        NodeKind::ToSink(..) => false,
    }
}

pub(super) fn is_str(record: &Type) -> bool {
    let Type::Reference(reference) = record else {
        return false;
    };
    matches!(&*reference.elem, Type::Path(path)
        if path.qself.is_none() && is_path(&path.path, &["str"]))
}

#[cfg(test)]
mod tests {
    use syn::{ExprClosure, parse_quote};

    use super::splits;

    #[test]
    fn only_what_does_nothing_else_is_a_split() {
        let closure = |closure: ExprClosure| splits(&closure);
        assert!(closure(parse_quote!(|line| line.split_whitespace())));
        assert!(closure(parse_quote!(|line| line.split_ascii_whitespace())));
        assert!(!closure(parse_quote!(|line| other.split_whitespace())));
        assert!(!closure(parse_quote!(|line| line
            .trim()
            .split_whitespace())));
        assert!(!closure(parse_quote!(|line| line.split(' '))));
        assert!(!closure(parse_quote!(|line| line.split_whitespace().rev())));
        assert!(!closure(parse_quote!(|(line, _)| line.split_whitespace())));
    }
}
