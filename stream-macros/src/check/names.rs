//! Where names may be used: streams and sinks in chains only, variables in their own `fn` only.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Expr, ExprPath, Ident, Macro, PatIdent, Stmt};

use crate::diagnostics::Diagnostics;
use crate::graph::{Entity, Frame, Graph, NodeKind, SpineCall, SpineItem};
use crate::syntax::{Argument, Prologue, Statement};

/// A closure runs for each record, where there is no stream any more, and it sees the variables of
/// the `fn` in which it is written.
pub(super) fn check_closures(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    for (position, item) in graph.spine.iter().enumerate() {
        let SpineItem::Call(call) = item else {
            continue;
        };
        for name in uses_in_arguments(graph, call) {
            match graph.frames[call.frame].get(&name) {
                Some(Entity::Stream(..)) => stream_inside(&name, diagnostics),
                Some(Entity::Sink(_)) => sink_inside(&name, diagnostics),
                Some(Entity::Value(_) | Entity::Missing) => {}
                None => check_not_foreign(graph, call.frame, position, &name, diagnostics),
            }
        }
    }
}

fn uses_in_arguments(graph: &Graph<'_>, call: &SpineCall) -> Vec<Ident> {
    if matches!(graph.nodes[call.node].kind, NodeKind::ToSink(..)) {
        return Vec::new();
    }
    let arguments = call.call.arguments.iter();
    arguments
        .flat_map(|arguments| arguments.parsed.iter().flatten())
        .flat_map(|argument| match argument {
            Argument::Expr(expr) => Uses::of(|uses| uses.visit_expr(expr)),
            Argument::Chain(_) => Vec::new(),
        })
        .collect()
}

fn stream_inside(name: &Ident, diagnostics: &mut Diagnostics) {
    let message = format!("the stream `{name}` is used inside a closure");
    let help = "to bring two streams together use `join`, `union`, `cogroup` or `transform_with`; for a table that every record looks into, a `Broadcast`";
    diagnostics.error(name.span(), message, help);
}

fn sink_inside(name: &Ident, diagnostics: &mut Diagnostics) {
    let message = format!("the sink `{name}` is used inside a closure");
    let help = format!("end a chain with `.to({name})`");
    diagnostics.error(name.span(), message, help);
}

/// The spine is one block, so a closure could reach the variables of another `fn` by their names.
fn check_not_foreign(
    graph: &Graph<'_>,
    frame: usize,
    position: usize,
    name: &Ident,
    diagnostics: &mut Diagnostics,
) {
    let begun = |other: &&Frame<'_>| other.begins_at <= position;
    let mut others = graph.frames.iter().filter(begun);
    if let Some(owner) = others.find(|other| other.get(name).is_some()) {
        let (here, owner) = (&graph.frames[frame].function.name, &owner.function.name);
        let message = format!("`{name}` is a name of `{owner}`, which `{here}` does not know");
        let help = format!(
            "pass it to `{here}` as a parameter; if something else is meant, give it another name"
        );
        diagnostics.error(name.span(), message, help);
    }
}

/// Plain Rust runs once, when the job is made, and has no streams.
pub(super) fn check_prologue(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    for (index, frame) in graph.frames.iter().enumerate() {
        let is_same = |other: &Frame<'_>| std::ptr::eq(other.function, frame.function);
        if graph.frames[..index].iter().any(is_same) {
            continue;
        }
        for statement in &frame.function.body {
            if let Statement::Prologue(prologue) = statement {
                check_has_no_stream(prologue, frame, diagnostics);
            }
        }
    }
}

fn check_has_no_stream(prologue: &Prologue, frame: &Frame<'_>, diagnostics: &mut Diagnostics) {
    let Some(statement) = prologue.parsed.as_deref() else {
        return;
    };
    let uses = Uses::of(|uses| uses.visit_stmt(statement));
    let mut named = uses
        .iter()
        .filter_map(|name| Some((name, frame.get(name)?)));
    let message = named.find_map(|(name, entity)| match entity {
        Entity::Stream(..) | Entity::Missing => Some((
            name,
            format!("the stream `{name}` is used outside of a chain"),
        )),
        Entity::Sink(_) => Some((
            name,
            format!("the sink `{name}` is used outside of a chain"),
        )),
        Entity::Value(_) => None,
    });
    if let Some((name, message)) = message {
        diagnostics.error(name.span(), message, remedy(statement));
    }
}

fn remedy(statement: &Stmt) -> &'static str {
    let Stmt::Expr(expr, _) = statement else {
        return "a chain begins with the name of a stream: `lines.map(|line| …)`";
    };
    match expr {
        Expr::If(_) | Expr::Match(_) | Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_) => {
            "a pipeline is laid out once, when it is compiled: decide record by record inside of closures, as in `.filter(|record| …)`, or write two pipelines"
        }
        Expr::Return(_) => {
            "take `return` away; the result of a sub-pipeline is the last line, without a semicolon"
        }
        Expr::Assign(_) => {
            "a stream does not change: give the new one a name of its own with `let`"
        }
        Expr::Block(_) | Expr::Unsafe(_) => "take the braces away",
        _ => "a chain begins with the name of a stream: `lines.map(|line| …)`",
    }
}

/// The names that code uses and does not bind itself.
#[derive(Default)]
struct Uses {
    used: Vec<Ident>,
    bound: HashSet<String>,
}

impl Uses {
    fn of(visit: impl FnOnce(&mut Self)) -> Vec<Ident> {
        let mut uses = Self::default();
        visit(&mut uses);
        let Self { mut used, bound } = uses;
        used.retain(|name| !bound.contains(&name.to_string()));
        used
    }

    /// The words of a macro's input, other than fields and methods.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut after_dot = false;
        for token in tokens {
            match &token {
                TokenTree::Ident(name) if !after_dot => self.used.push(name.clone()),
                TokenTree::Group(group) => self.tokens(group.stream()),
                _ => {}
            }
            after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
        }
    }
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.bound.insert(pat.ident.to_string());
        visit::visit_pat_ident(self, pat);
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        self.used.extend(path.path.get_ident().cloned());
        visit::visit_expr_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.tokens(mac.tokens.clone());
    }
}
