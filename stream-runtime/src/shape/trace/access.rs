//! The parts of values that have parts.

use serde::de::value::U32Deserializer;
use serde::de::{DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess};
use serde::de::{VariantAccess, Visitor};

use super::node::{Kind, Node};
use super::{Pass, Stop, within};
use crate::shape::Leaf;

/// The parts of a tuple or a struct.
pub(super) struct Row<'t, I> {
    pub(super) nodes: I,
    pub(super) pass: &'t mut Pass,
}

impl<'de, 't, I: Iterator<Item = &'t mut Node>> SeqAccess<'de> for Row<'_, I> {
    type Error = Stop;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Stop> {
        let node = self.nodes.next();
        node.map(|node| seed.deserialize(node.tracer(self.pass)))
            .transpose()
    }
}

/// A sequence of one element, or none.
pub(super) struct Once<'t> {
    pub(super) node: Option<&'t mut Box<Node>>,
    pub(super) pass: &'t mut Pass,
}

impl<'de> SeqAccess<'de> for Once<'_> {
    type Error = Stop;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Stop> {
        let element = self.node.take().map(|node| {
            node.visit(self.pass, |node, pass| {
                within(pass, |pass| seed.deserialize(node.tracer(pass)))
            })
        });
        element.transpose()
    }
}

/// A map of one key and its value, or none.
pub(super) struct Pair<'t> {
    pub(super) pair: &'t mut [Node; 2],
    pub(super) is_there: bool,
    pub(super) pass: &'t mut Pass,
}

impl<'de> MapAccess<'de> for Pair<'_> {
    type Error = Stop;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Stop> {
        let is_there = std::mem::take(&mut self.is_there);
        let key = is_there.then(|| {
            self.pair[0].visit(self.pass, |node, pass| {
                within(pass, |pass| seed.deserialize(node.tracer(pass)))
            })
        });
        key.transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Stop> {
        self.pair[1].visit(self.pass, |node, pass| {
            within(pass, |pass| seed.deserialize(node.tracer(pass)))
        })
    }
}

/// One variant of an enum.
pub(super) struct Variant<'t> {
    pub(super) number: u32,
    pub(super) node: &'t mut Node,
    pub(super) pass: &'t mut Pass,
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Stop;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Stop> {
        let number: U32Deserializer<Stop> = self.number.into_deserializer();
        Ok((seed.deserialize(number)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Stop;

    fn unit_variant(self) -> Result<(), Stop> {
        self.node.learn(self.pass, || Kind::Leaf(Leaf::Unit));
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Stop> {
        seed.deserialize(self.node.tracer(self.pass))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        self.node.tracer(self.pass).tuple(len, visitor)
    }

    /// Its fields are those of a struct without a name, which is no struct of its own.
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let kind = || {
            let fields = fields.iter().map(|&name| (name, Node::default()));
            Kind::Struct("", fields.collect())
        };
        self.node.learn(self.pass, kind);
        match &mut self.node.kind {
            Kind::Struct(_, fields) => visitor.visit_seq(Row {
                nodes: fields.iter_mut().map(|(_, node)| node),
                pass: self.pass,
            }),
            _ => Err(Stop::Known),
        }
    }
}
