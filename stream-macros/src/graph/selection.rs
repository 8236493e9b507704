//! Functions that can be seen to give one of their two arguments: a minimum or a maximum.

use syn::{Expr, ExprClosure, Ident, Pat};

/// Whether a function is a minimum or maximum that is called by that name: `Ord::max`, `f64::min`,
/// `|a, b| a.max(b)`, `|a, b| std::cmp::min(a, b)`.
///
/// It is a guess by name. What is made of it must be right for every function of such a name.
pub(super) fn is_selection(function: &Expr) -> bool {
    match function {
        Expr::Path(_) => is_extreme(function),
        Expr::Closure(closure) => calls_extreme(closure).unwrap_or(false),
        _ => false,
    }
}

/// Whether a closure does nothing but choose between its two arguments.
fn calls_extreme(closure: &ExprClosure) -> Option<bool> {
    let parameters: Vec<_> = closure.inputs.iter().map(name_of).collect::<Option<_>>()?;
    let (is_extreme, arguments) = match only_expression(&closure.body) {
        Expr::MethodCall(call) => {
            let arguments = [&*call.receiver].into_iter().chain(&call.args);
            (is_extreme_name(&call.method), Vec::from_iter(arguments))
        }
        Expr::Call(call) => (is_extreme(&call.func), call.args.iter().collect()),
        _ => return None,
    };
    let mut arguments: Vec<_> = arguments.into_iter().map(variable).collect::<Option<_>>()?;
    let mut parameters = parameters;
    arguments.sort();
    parameters.sort();
    Some(is_extreme && parameters.len() == 2 && arguments == parameters)
}

/// What stands alone in braces.
fn only_expression(body: &Expr) -> &Expr {
    match body {
        Expr::Block(block) => match &*block.block.stmts {
            [syn::Stmt::Expr(expr, None)] => expr,
            _ => body,
        },
        _ => body,
    }
}

fn name_of(pattern: &Pat) -> Option<Ident> {
    match pattern {
        Pat::Ident(name) if name.by_ref.is_none() => Some(name.ident.clone()),
        Pat::Type(typed) => name_of(&typed.pat),
        _ => None,
    }
}

fn variable(expr: &Expr) -> Option<Ident> {
    match expr {
        Expr::Path(path) => path.path.get_ident().cloned(),
        _ => None,
    }
}

fn is_extreme(function: &Expr) -> bool {
    match function {
        Expr::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| is_extreme_name(&last.ident)),
        _ => false,
    }
}

fn is_extreme_name(name: &Ident) -> bool {
    name == "max" || name == "min"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(function: &str) -> bool {
        is_selection(&syn::parse_str(function).unwrap())
    }

    #[test]
    fn minima_and_maxima_are_known_by_name() {
        for function in [
            "Ord::max",
            "std::cmp::min",
            "f64::max",
            "|a, b| a.max(b)",
            "|a: u64, b: u64| { b.min(a) }",
            "|x, y| std::cmp::max(x, y)",
        ] {
            assert!(check(function), "{function}");
        }
    }

    #[test]
    fn nothing_else_is() {
        for function in [
            "u64::wrapping_add",
            "|a, b| a + b",
            "|a, b| a.max(b) + 1",
            "|a, b| a.max(a)",
            "|a, b| a.max(7)",
            "|(a, _), b| a.max(b)",
            "|a, b| { log(); a.max(b) }",
            "larger()",
        ] {
            assert!(!check(function), "{function}");
        }
    }
}
