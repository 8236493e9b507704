//! Closures see records, not streams.

use std::collections::HashSet;

use syn::visit::{self, Visit};
use syn::{Expr, ExprPath, PatIdent};

use crate::diagnostics::Diagnostics;
use crate::graph::{Graph, SpineItem};
use crate::syntax::Argument;

/// A stream that is named inside a closure: that closure runs for each record, where there is no
/// stream any more.
pub(super) fn check_no_stream_inside(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    let streams: HashSet<String> = graph
        .names
        .iter()
        .map(|named| named.name.to_string())
        .collect();
    for item in &graph.spine {
        let SpineItem::Call { call, .. } = item else {
            continue;
        };
        for argument in call.arguments.parsed.iter().flatten() {
            if let Argument::Expr(expr) = argument {
                report(expr, &streams, diagnostics);
            }
        }
    }
}

fn report(expr: &Expr, streams: &HashSet<String>, diagnostics: &mut Diagnostics) {
    let mut local = Bound(HashSet::new());
    local.visit_expr(expr);
    let mut uses = Uses {
        streams,
        local: local.0,
        diagnostics,
    };
    uses.visit_expr(expr);
}

/// The names that a closure binds itself: they hide streams of the same name.
struct Bound(HashSet<String>);

impl<'ast> Visit<'ast> for Bound {
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.0.insert(pat.ident.to_string());
        visit::visit_pat_ident(self, pat);
    }
}

struct Uses<'s, 'd> {
    streams: &'s HashSet<String>,
    local: HashSet<String>,
    diagnostics: &'d mut Diagnostics,
}

impl<'ast> Visit<'ast> for Uses<'_, '_> {
    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        let Some(ident) = path.path.get_ident() else {
            return;
        };
        let name = ident.to_string();
        if self.streams.contains(&name) && !self.local.contains(&name) {
            let help = "to bring two streams together use `join`, `union`, `cogroup` or `transform_with`; for a table that every record looks into, a `Broadcast`";
            self.diagnostics.error(
                ident.span(),
                format!("the stream `{name}` is used inside a closure"),
                help,
            );
        }
    }
}
