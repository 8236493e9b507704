//! Which operators can be copied into a task.
//!
//! A closure without `move` that is `Fn` is `Copy`: it holds references. Its operator is then copied
//! into each task, where those references are at hand. rustc cannot be asked for this, since what a
//! closure captures is settled after all types are known; so it is read off the tokens. Where a
//! closure looks as if it changed what it captures, which is a mistake, the operator stays where it
//! is, so that rustc speaks of the mistake alone.

use std::collections::HashSet;

use syn::visit::{self, Visit};
use syn::{
    BinOp, Expr, ExprAssign, ExprBinary, ExprCall, ExprClosure, ExprIndex, ExprMethodCall,
    ExprPath, ExprReference, ExprUnary, Macro, PatIdent, UnOp,
};

use crate::syntax::{Argument, Call};

/// Whether all arguments of a call are closures that only read, or names of functions.
pub(super) fn only_reads(call: &Call) -> bool {
    let arguments = call.arguments.as_ref();
    let Some(parsed) = arguments.and_then(|arguments| arguments.parsed.as_deref()) else {
        return false;
    };
    parsed.iter().all(|argument| match argument {
        Argument::Expr(expr) => match &**expr {
            Expr::Closure(closure) => closure.capture.is_none() && body_only_reads(closure),
            Expr::Path(_) => true,
            _ => false,
        },
        Argument::Chain(_) => false,
    })
}

fn body_only_reads(closure: &ExprClosure) -> bool {
    let mut body = Body::default();
    closure.inputs.iter().for_each(|pat| body.visit_pat(pat));
    body.visit_expr(&closure.body);
    !body.may_write && body.captured.iter().all(|name| body.bound.contains(name))
}

/// What the body of a closure does with names.
#[derive(Default)]
struct Body {
    bound: HashSet<String>,
    /// Names in places where the variable may be moved or changed.
    captured: Vec<String>,
    may_write: bool,
}

impl Body {
    /// Visits what is only read here.
    fn read(&mut self, expr: &Expr) {
        match expr {
            Expr::Path(_) => {}
            Expr::Paren(paren) => self.read(&paren.expr),
            Expr::Unary(ExprUnary {
                op: UnOp::Deref(_),
                expr,
                ..
            }) => self.read(expr),
            expr => self.visit_expr(expr),
        }
    }
}

impl<'ast> Visit<'ast> for Body {
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.bound.insert(pat.ident.to_string());
        visit::visit_pat_ident(self, pat);
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        let name = path.path.get_ident().map(ToString::to_string);
        let is_variable = |name: &String| name.starts_with(|first: char| !first.is_uppercase());
        self.captured.extend(name.filter(is_variable));
    }

    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        self.may_write |= is_assignment(&binary.op);
        self.read(&binary.left);
        self.read(&binary.right);
    }

    fn visit_expr_unary(&mut self, unary: &'ast ExprUnary) {
        self.read(&unary.expr);
    }

    fn visit_expr_index(&mut self, index: &'ast ExprIndex) {
        self.read(&index.expr);
        self.visit_expr(&index.index);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        self.read(&call.func);
        call.args.iter().for_each(|arg| self.read(arg));
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.visit_expr(&call.receiver);
        call.args.iter().for_each(|arg| self.read(arg));
    }

    fn visit_expr_assign(&mut self, _: &'ast ExprAssign) {
        self.may_write = true;
    }

    fn visit_expr_reference(&mut self, reference: &'ast ExprReference) {
        self.may_write |= reference.mutability.is_some();
        self.read(&reference.expr);
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.may_write |= closure.capture.is_some();
        visit::visit_expr_closure(self, closure);
    }

    fn visit_macro(&mut self, _: &'ast Macro) {
        self.may_write = true;
    }
}

fn is_assignment(op: &BinOp) -> bool {
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}

#[cfg(test)]
mod tests {
    use syn::{Expr, parse_quote};

    use super::body_only_reads;

    fn reads(closure: Expr) -> bool {
        let Expr::Closure(closure) = closure else {
            panic!("not a closure")
        };
        closure.capture.is_none() && body_only_reads(&closure)
    }

    #[test]
    fn comparing_and_calculating_reads() {
        assert!(reads(parse_quote!(|x| *x > limit)));
        assert!(reads(parse_quote!(|x| x * factor + OFFSET)));
        assert!(reads(parse_quote!(|line| line.contains(pattern))));
        assert!(reads(parse_quote!(|(key, value)| (
            key,
            table[value as usize] + scale(value)
        ))));
        assert!(reads(parse_quote!(|line| {
            let n = line.len();
            n.min(7)
        })));
    }

    #[test]
    fn what_may_move_or_change_a_variable_is_in_doubt() {
        assert!(!reads(parse_quote!(move |x| x + limit)));
        assert!(!reads(parse_quote!(|x| sum += x)));
        assert!(!reads(parse_quote!(|x| seen.push(x))));
        assert!(!reads(parse_quote!(|_| suffix)));
        assert!(!reads(parse_quote!(|x| {
            last = x;
            x
        })));
        assert!(!reads(parse_quote!(|x| std::mem::swap(&mut last, x))));
        assert!(!reads(parse_quote!(|x| format!("{x}{suffix}"))));
        assert!(!reads(parse_quote!(|x| (0..x).map(move |y| y + limit))));
    }
}
