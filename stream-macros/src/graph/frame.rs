//! Frames: the names that are known in a pipeline, and in each call of a sub-pipeline.
//!
//! The spine is one block, in which the calls of sub-pipelines stand one after the other. So that
//! each closure sees the names of its own `fn`, a call binds the names of the sub-pipeline when it
//! begins, and those of the caller that it has hidden when it ends.

use proc_macro2::{Ident, Span};
use quote::format_ident;

use super::Port;
use crate::syntax::Function;

/// A pipeline, or one call of a sub-pipeline.
pub(crate) struct Frame<'f> {
    pub(crate) function: &'f Function,
    /// The length of the spine when this frame began.
    pub(crate) begins_at: usize,
    index: usize,
    names: Vec<(Ident, Entity)>,
    values: usize,
}

/// What a name stands for.
#[derive(Clone)]
pub(crate) enum Entity {
    /// A stream, with its place in [`Graph::names`](super::Graph::names).
    Stream(Port, usize),
    /// A stream that a mistake left without a node.
    Missing,
    /// The sink parameter of this index of the pipeline.
    Sink(usize),
    /// A value, and the variable in which it is kept.
    Value(Ident),
}

impl<'f> Frame<'f> {
    pub(super) fn new(function: &'f Function, index: usize, begins_at: usize) -> Self {
        Self {
            function,
            begins_at,
            index,
            names: Vec::new(),
            values: 0,
        }
    }

    pub(crate) fn get(&self, name: &Ident) -> Option<&Entity> {
        let mut names = self.names.iter();
        names
            .find(|(known, _)| known == name)
            .map(|(_, entity)| entity)
    }

    pub(super) fn define(&mut self, name: &Ident, entity: Entity) {
        self.names.retain(|(known, _)| known != name);
        self.names.push((name.clone(), entity));
    }

    /// Defines a value, and says where it is kept.
    pub(super) fn define_value(&mut self, name: &Ident) -> Ident {
        let (frame, number) = (self.index, self.values);
        self.values += 1;
        let place = format_ident!("__a{frame}_{number}", span = Span::mixed_site());
        self.define(name, Entity::Value(place.clone()));
        place
    }

    /// All names, in the order of their definition.
    pub(super) fn names(&self) -> impl Iterator<Item = &(Ident, Entity)> {
        self.names.iter()
    }

    /// The names of this frame that `inner` has hidden.
    pub(super) fn hidden_by(&self, inner: &Frame<'_>) -> Vec<(Ident, Entity)> {
        let hidden = self
            .names
            .iter()
            .filter(|(name, _)| inner.get(name).is_some());
        hidden.cloned().collect()
    }
}

/// The variable for the type of a sink parameter.
pub(crate) fn sink(index: usize) -> Ident {
    format_ident!("__t{}", index, span = Span::mixed_site())
}
