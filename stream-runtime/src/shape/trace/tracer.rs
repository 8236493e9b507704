//! Stands where a value is expected.

use std::any::type_name;

use serde::de::{Deserializer, Visitor};

use super::access::{Once, Pair, Row, Variant};
use super::node::{Kind, Node};
use super::{Pass, Stop, within};
use crate::shape::Leaf;

/// Deeper than any type is nested that does not hold itself.
const DEPTH_MAX: usize = 48;

/// What text may have to look like.
const TEXTS: [&str; 7] = [
    "1",
    "a",
    "127.0.0.1",
    "127.0.0.1:1",
    "2020-01-01",
    "2020-01-01T00:00:00Z",
    "00000000-0000-0000-0000-000000000001",
];

/// Some bytes.
static BYTES: [u8; 32] = [b'1'; 32];

/// How long bytes may have to be.
const LENGTHS: [usize; 6] = [1, 0, 4, 8, 16, 32];

/// What numbers may have to be.
const NUMBERS: [u8; 4] = [1, 0, 2, 100];

/// Stands where a value is expected.
pub(super) struct Tracer<'t> {
    pub(super) node: &'t mut Node,
    pub(super) pass: &'t mut Pass,
}

impl<'t> Tracer<'t> {
    /// A value without parts; the number of the attempt.
    fn leaf(&mut self, leaf: Leaf) -> usize {
        self.node.learn(self.pass, || Kind::Leaf(leaf));
        self.pass.given += 1;
        self.node.given = self.pass.given;
        self.node.tries
    }

    fn number(&mut self, leaf: Leaf) -> u8 {
        NUMBERS[self.leaf(leaf) % NUMBERS.len()]
    }

    fn unknown<T>(self) -> Result<T, Stop> {
        self.node.learn(self.pass, || Kind::Unknown);
        Err(Stop::Known)
    }

    /// The parts of a tuple.
    pub(super) fn tuple<'de, V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        if self.pass.depth >= DEPTH_MAX {
            return self.unknown();
        }
        let nodes = || Kind::Tuple((0..len).map(|_| Node::default()).collect());
        self.node.learn(self.pass, nodes);
        match &mut self.node.kind {
            Kind::Tuple(parts) => within(self.pass, |pass| {
                visitor.visit_seq(Row {
                    nodes: parts.iter_mut(),
                    pass,
                })
            }),
            _ => Err(Stop::Known),
        }
    }

    /// A struct or an enum, whose parts `read` reads; unless it is within itself.
    fn named<V, T>(
        self,
        kind: impl FnOnce() -> Kind,
        read: impl FnOnce(&mut Kind, &mut Pass) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let reader = type_name::<V>();
        let around = self.pass.around.iter().rev();
        let levels = around.clone().position(|&other| other == reader);
        if let Some(levels) = levels
            && !self.pass.is_idle
        {
            return self.within_itself(levels as u32, kind, read);
        }
        if self.pass.depth >= DEPTH_MAX {
            return self.unknown();
        }
        self.node.learn(self.pass, kind);
        self.pass.around.push(reader);
        let node = self.node;
        let result = within(self.pass, |pass| read(&mut node.kind, pass));
        self.pass.around.pop();
        result
    }

    /// Gives a value of a type around this place, as small as can be.
    fn within_itself<T>(
        self,
        levels: u32,
        kind: impl FnOnce() -> Kind,
        read: impl FnOnce(&mut Kind, &mut Pass) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        if matches!(self.node.kind, Kind::New) {
            self.node.learn(self.pass, || Kind::Within(levels));
            return Err(Stop::Known);
        }
        self.pass.is_idle = true;
        let result = within(self.pass, |pass| read(&mut kind(), pass));
        self.pass.is_idle = false;
        result
    }

    fn fields<'de, V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: impl Iterator<Item = &'static str>,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let kind = || Kind::Struct(name, fields.map(|name| (name, Node::default())).collect());
        self.named::<V, _>(kind, |kind, pass| match kind {
            Kind::Struct(_, fields) => visitor.visit_seq(Row {
                nodes: fields.iter_mut().map(|(_, node)| node),
                pass,
            }),
            _ => Err(Stop::Known),
        })
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $Leaf:ident $number:ty),+ $(,)?) => {$(
        fn $method<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Stop> {
            let number = self.number(Leaf::$Leaf);
            visitor.$visit(<$number>::from(number))
        }
    )+};
}

impl<'de> Deserializer<'de> for Tracer<'_> {
    type Error = Stop;

    numbers! {
        deserialize_u8 visit_u8 U8 u8,
        deserialize_u16 visit_u16 U16 u16,
        deserialize_u32 visit_u32 U32 u32,
        deserialize_u64 visit_u64 U64 u64,
        deserialize_u128 visit_u128 U128 u128,
        deserialize_i16 visit_i16 I16 i16,
        deserialize_i32 visit_i32 I32 i32,
        deserialize_i64 visit_i64 I64 i64,
        deserialize_i128 visit_i128 I128 i128,
        deserialize_f32 visit_f32 F32 f32,
        deserialize_f64 visit_f64 F64 f64,
        deserialize_char visit_char Char char,
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    /// Only what describes itself can be read by what does not know what it expects.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stop> {
        self.unknown()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stop> {
        self.unknown()
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stop> {
        self.unknown()
    }

    fn deserialize_bool<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Stop> {
        let tries = self.leaf(Leaf::Bool);
        visitor.visit_bool(tries.is_multiple_of(2))
    }

    fn deserialize_i8<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Stop> {
        let number = self.number(Leaf::I8);
        visitor.visit_i8(number as i8)
    }

    fn deserialize_str<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Stop> {
        let tries = self.leaf(Leaf::Str);
        visitor.visit_borrowed_str(TEXTS[tries % TEXTS.len()])
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Stop> {
        let tries = self.leaf(Leaf::Bytes);
        visitor.visit_borrowed_bytes(&BYTES[..LENGTHS[tries % LENGTHS.len()]])
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Stop> {
        self.leaf(Leaf::Unit);
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.node.learn(self.pass, || Kind::Option(Box::default()));
        match &mut self.node.kind {
            Kind::Option(some) if some.is_open() && !self.pass.is_idle => some
                .visit(self.pass, |some, pass| {
                    within(pass, |pass| visitor.visit_some(some.tracer(pass)))
                }),
            _ => visitor.visit_none(),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.node.learn(self.pass, || Kind::Seq(Box::default()));
        match &mut self.node.kind {
            Kind::Seq(element) => visitor.visit_seq(Once {
                node: (element.is_open() && !self.pass.is_idle).then_some(element),
                pass: self.pass,
            }),
            _ => Err(Stop::Known),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.node.learn(self.pass, || Kind::Map(Box::default()));
        match &mut self.node.kind {
            Kind::Map(pair) => visitor.visit_map(Pair {
                is_there: pair.iter().any(Node::is_open) && !self.pass.is_idle,
                pair,
                pass: self.pass,
            }),
            _ => Err(Stop::Known),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Stop> {
        self.tuple(len, visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.node
            .learn(self.pass, || Kind::Struct(name, Vec::new()));
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let kind = || Kind::Struct(name, vec![("", Node::default())]);
        self.named::<V, _>(kind, |kind, pass| match kind {
            Kind::Struct(_, fields) => visitor.visit_newtype_struct(fields[0].1.tracer(pass)),
            _ => Err(Stop::Known),
        })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.fields(name, std::iter::repeat_n("", len), visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.fields(name, fields.iter().copied(), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let nodes = || variants.iter().map(|&name| (name, Node::default()));
        self.named::<V, _>(
            || Kind::Enum(name, nodes().collect()),
            |kind, pass| match kind {
                Kind::Enum(_, variants) => {
                    let whole = pass.whole.get(type_name::<V>()).copied();
                    let open = match pass.is_idle {
                        true => None,
                        false => least_visited(variants),
                    };
                    let number = open.or(whole).ok_or(Stop::Known)?;
                    let value = variants[number].1.visit(pass, |node, pass| {
                        let number = number as u32;
                        visitor.visit_enum(Variant { number, node, pass })
                    })?;
                    pass.whole.entry(type_name::<V>()).or_insert(number);
                    Ok(value)
                }
                _ => Err(Stop::Known),
            },
        )
    }
}

/// The variant that has to be visited next.
fn least_visited(variants: &[(&str, Node)]) -> Option<usize> {
    let open = (0..variants.len()).filter(|&number| variants[number].1.is_open());
    open.min_by_key(|&number| variants[number].1.tries)
}
