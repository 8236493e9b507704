//! Plain Rust between chains, and the variables that it binds.

use syn::{Ident, Pat, Stmt};

use super::PrologueItem;
use super::frame::Entity;
use super::resolve::Resolver;
use crate::syntax::Prologue;

impl<'s> Resolver<'s, '_> {
    /// Plain Rust goes out as it is. Closures see its variables as they are at the end, so a chain
    /// must not come before a variable is bound again.
    pub(super) fn prologue(&mut self, prologue: &'s Prologue, has_chains: bool) {
        if self.frame > 0 && prologue.is_item() {
            return self.item(prologue);
        }
        self.graph.prologue.push(PrologueItem::Rust(prologue));
        for name in bound_by(prologue) {
            match self.frame().get(name) {
                Some(Entity::Stream(..) | Entity::Sink(_) | Entity::Missing) => {
                    self.name_used_twice(name);
                }
                Some(Entity::Value(_)) if has_chains => {
                    let message = format!("the variable `{name}` changes after a stream was made");
                    let help = "the closures of a pipeline are made after all of its variables; give this one a name of its own";
                    self.mistake(name.span(), message, help);
                }
                _ => self.define_value(name),
            }
        }
    }

    /// An item of a sub-pipeline goes out once, however often that is called.
    fn item(&mut self, item: &'s Prologue) {
        let items = &mut self.graph.items;
        if items.iter().all(|known| !std::ptr::eq(*known, item)) {
            items.push(item);
        }
    }

    pub(super) fn name_used_twice(&mut self, name: &Ident) {
        let message = format!("the name `{name}` is used twice");
        let help = "give each stream and variable a name of its own";
        self.mistake(name.span(), message, help);
    }
}

/// The variables that a statement of plain Rust binds for those after it.
fn bound_by(prologue: &Prologue) -> Vec<&Ident> {
    let mut names = Vec::new();
    if let Some(Stmt::Local(local)) = prologue.parsed.as_deref() {
        bound_in(&local.pat, &mut names);
    }
    names
}

fn bound_in<'p>(pat: &'p Pat, names: &mut Vec<&'p Ident>) {
    match pat {
        Pat::Ident(pat) => names.push(&pat.ident),
        Pat::Type(pat) => bound_in(&pat.pat, names),
        Pat::Paren(pat) => bound_in(&pat.pat, names),
        Pat::Reference(pat) => bound_in(&pat.pat, names),
        Pat::Tuple(pat) => pat.elems.iter().for_each(|pat| bound_in(pat, names)),
        Pat::TupleStruct(pat) => pat.elems.iter().for_each(|pat| bound_in(pat, names)),
        Pat::Slice(pat) => pat.elems.iter().for_each(|pat| bound_in(pat, names)),
        Pat::Struct(pat) => pat
            .fields
            .iter()
            .for_each(|field| bound_in(&field.pat, names)),
        _ => {}
    }
}
