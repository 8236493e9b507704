//! `let`: names for what a chain makes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, Type};

use super::frame::Entity;
use super::resolve::{Resolver, Value, is_window, several_streams};
use super::{Port, SpineItem, erase};
use crate::syntax::{Chain, Pattern};

impl Resolver<'_, '_> {
    pub(super) fn let_statement(
        &mut self,
        pattern: &Pattern,
        ty: Option<&Type>,
        chain: &Chain,
        value: Option<Value>,
    ) {
        if let (Some(value), Some(ty)) = (&value, ty) {
            let generics = &self.graph.frames[self.frame].function.generics;
            let ty = erase::erased(ty, generics);
            self.ascribe(ty, value, chain.last_name().span());
        }
        match (pattern, value) {
            (Pattern::One(mutability, name), Some(value)) if value.ports.len() == 1 => {
                self.name_node(value.ports[0].node, vec![name.to_string()]);
                self.bind(quote!(#mutability #name), &value);
                self.new_name(name, value.ports[0]);
            }
            (Pattern::Many(names, _), Some(value))
                if names.len() == value.ports.len() && !names.is_empty() =>
            {
                let patterns = names
                    .iter()
                    .map(|name| name.as_ref().map_or(quote!(_), |name| quote!(#name)));
                self.bind(quote!((#(#patterns),*)), &value);
                self.name_nodes(names, &value.ports);
                for (name, port) in names.iter().zip(value.ports) {
                    if let Some(name) = name {
                        self.new_name(name, port);
                    }
                }
            }
            (pattern, value) => {
                if let Some(value) = value {
                    self.wrong_pattern(pattern, &value, chain);
                }
                // The names stay known, so that what uses them is not a second mistake.
                for name in pattern.names() {
                    self.frame().define(name, Entity::Missing);
                }
            }
        }
    }

    fn bind(&mut self, pattern: TokenStream, value: &Value) {
        let place = value.place();
        self.graph.spine.push(SpineItem::Bind { pattern, place });
    }

    fn new_name(&mut self, name: &Ident, port: Port) {
        if self.frame().get(name).is_some() {
            self.name_used_twice(name);
        }
        self.define_stream(name, port);
    }

    fn wrong_pattern(&mut self, pattern: &Pattern, value: &Value, chain: &Chain) {
        let maker = chain.last_name();
        let span = match pattern {
            Pattern::One(_, name) => name.span(),
            Pattern::Many(_, span) => *span,
        };
        let (message, help) = match value.ports.len() {
            0 => (
                format!("`{maker}` is an output: no stream comes out of it"),
                "take the `let` away",
            ),
            1 => (
                format!("one stream comes out of `{maker}`"),
                "write `let name = …;`",
            ),
            _ if is_window(maker) => (
                several_streams(maker),
                "write `let (windows, late) = …;`; to drop late records on purpose, `let (windows, _) = …;`",
            ),
            _ => (
                several_streams(maker),
                "write `let (results, errors) = …;`; to drop the errors on purpose, `let (results, _) = …;`",
            ),
        };
        self.mistake(span, message, help);
    }

    /// The names of a `let` in the plan; those nearest to the operator stay.
    fn name_node(&mut self, node: usize, names: Vec<String>) {
        let node = &mut self.graph.nodes[node];
        if node.names.is_empty() {
            node.names = names;
        }
    }

    /// Names for several streams: those that one node makes, or one for each of several nodes.
    fn name_nodes(&mut self, names: &[Option<Ident>], ports: &[Port]) {
        let in_plan = |name: &Option<Ident>| {
            name.as_ref()
                .map_or_else(|| "_".to_owned(), Ident::to_string)
        };
        if ports.iter().all(|port| port.node == ports[0].node) {
            self.name_node(ports[0].node, names.iter().map(in_plan).collect());
        } else {
            for (name, port) in names.iter().zip(ports) {
                self.name_node(port.node, vec![in_plan(name)]);
            }
        }
    }
}
