//! What is known of a type.

use super::tracer::Tracer;
use super::{Pass, Stop};
use crate::shape::{Leaf, Shape};

/// How many values a type is offered in one place.
const TRIES_MAX: usize = 8;

/// How often a place is visited in vain: what it waits for may be found out elsewhere meanwhile.
const VISITS_MAX: usize = 3;

/// A place in a value, and what is known of it.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// How often a value was given here in vain.
    pub(super) tries: usize,
    /// The number of the value that was given here last.
    pub(super) given: usize,
}

#[derive(Debug, Default)]
pub(super) enum Kind {
    /// Nobody was here yet.
    #[default]
    New,
    Unknown,
    Leaf(Leaf),
    Option(Box<Node>),
    Seq(Box<Node>),
    Map(Box<[Node; 2]>),
    Tuple(Vec<Node>),
    Struct(&'static str, Vec<(&'static str, Node)>),
    Enum(&'static str, Vec<(&'static str, Node)>),
    Within(u32),
}

impl Node {
    /// Whether there is nothing left to be found out.
    pub(super) fn is_done(&self) -> bool {
        match &self.kind {
            Kind::New => false,
            Kind::Unknown | Kind::Leaf(_) | Kind::Within(_) => true,
            Kind::Option(inner) | Kind::Seq(inner) => inner.is_done(),
            Kind::Map(pair) => pair.iter().all(Self::is_done),
            Kind::Tuple(parts) => parts.iter().all(Self::is_done),
            Kind::Struct(_, fields) | Kind::Enum(_, fields) => {
                fields.iter().all(|(_, field)| field.is_done())
            }
        }
    }

    /// Whether it is worth to go in.
    pub(super) fn is_open(&self) -> bool {
        self.tries < VISITS_MAX && !self.is_done()
    }

    pub(super) fn tracer<'t>(&'t mut self, pass: &'t mut Pass) -> Tracer<'t> {
        Tracer { node: self, pass }
    }

    /// Learns what is here, if that is not known.
    pub(super) fn learn(&mut self, pass: &mut Pass, kind: impl FnOnce() -> Kind) {
        if matches!(self.kind, Kind::New) {
            self.kind = kind();
            pass.learned += usize::from(!pass.is_idle);
        }
    }

    /// Reads what is here by `read`, and remembers whether that was any use.
    pub(super) fn visit<T>(
        &mut self,
        pass: &mut Pass,
        read: impl FnOnce(&mut Self, &mut Pass) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let learned = pass.learned;
        let result = read(self, pass);
        let is_vain = pass.learned == learned && !matches!(result, Err(Stop::Refused));
        if is_vain && self.is_open() && !pass.is_idle {
            self.tries += 1;
            pass.learned += 1;
        }
        result
    }

    /// The value that was given last was not liked: whether there is another one.
    pub(super) fn try_another(&mut self, last: usize) -> bool {
        if self.given == last && matches!(self.kind, Kind::Leaf(_)) {
            self.tries += 1;
            return self.tries < TRIES_MAX;
        }
        match &mut self.kind {
            Kind::New | Kind::Unknown | Kind::Leaf(_) | Kind::Within(_) => false,
            Kind::Option(inner) | Kind::Seq(inner) => inner.try_another(last),
            Kind::Map(pair) => pair.iter_mut().any(|node| node.try_another(last)),
            Kind::Tuple(parts) => parts.iter_mut().any(|node| node.try_another(last)),
            Kind::Struct(_, fields) | Kind::Enum(_, fields) => {
                fields.iter_mut().any(|(_, node)| node.try_another(last))
            }
        }
    }

    pub(super) fn into_shape(self) -> Shape {
        let boxed = |node: Box<Self>| Box::new(node.into_shape());
        let named = |(name, node): (&str, Self)| (name.to_owned(), node.into_shape());
        match self.kind {
            Kind::New | Kind::Unknown => Shape::Unknown,
            Kind::Leaf(leaf) => Shape::Leaf(leaf),
            Kind::Within(levels) => Shape::Within(levels),
            Kind::Option(some) => Shape::Option(boxed(some)),
            Kind::Seq(element) => Shape::Seq(boxed(element)),
            Kind::Map(pair) => {
                let [key, value] = pair.map(Self::into_shape);
                Shape::Map(Box::new(key), Box::new(value))
            }
            Kind::Tuple(parts) => Shape::Tuple(parts.into_iter().map(Self::into_shape).collect()),
            Kind::Struct(name, fields) => {
                Shape::Struct(name.to_owned(), fields.into_iter().map(named).collect())
            }
            Kind::Enum(name, variants) => {
                Shape::Enum(name.to_owned(), variants.into_iter().map(named).collect())
            }
        }
    }
}
