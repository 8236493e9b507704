//! A shape as people write types.

use std::fmt::{self, Display, Formatter};

use super::{Field, Leaf, Shape};

impl Display for Shape {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write(self, &mut Vec::new(), f)
    }
}

/// `around` are the names of the structs and enums around the shape.
fn write<'s>(shape: &'s Shape, around: &mut Vec<&'s str>, f: &mut Formatter<'_>) -> fmt::Result {
    match shape {
        Shape::Unknown => f.write_str("?"),
        Shape::Leaf(leaf) => f.write_str(leaf.name()),
        Shape::Option(some) => enclosed("Option<", [&**some], ">", around, f),
        Shape::Seq(element) => enclosed("[", [&**element], "]", around, f),
        Shape::Map(key, value) => {
            enclosed("{", [&**key], ": ", around, f)?;
            enclosed("", [&**value], "}", around, f)
        }
        Shape::Tuple(parts) => enclosed("(", parts, ")", around, f),
        Shape::Struct(name, fields) => {
            around.push(name);
            f.write_str(name)?;
            write_fields(fields, around, f)?;
            around.pop();
            Ok(())
        }
        Shape::Enum(name, variants) => {
            around.push(name);
            write!(f, "{name} {{ ")?;
            for (number, (name, variant)) in variants.iter().enumerate() {
                f.write_str(if number > 0 { ", " } else { "" })?;
                f.write_str(name)?;
                write_variant(variant, around, f)?;
            }
            around.pop();
            f.write_str(" }")
        }
        Shape::Within(levels) => {
            let at = around.len().checked_sub(1 + *levels as usize);
            f.write_str(at.map_or("?", |at| around[at]))
        }
    }
}

fn write_variant<'s>(
    variant: &'s Shape,
    around: &mut Vec<&'s str>,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    match variant {
        Shape::Leaf(Leaf::Unit) => Ok(()),
        Shape::Tuple(parts) => enclosed("(", parts, ")", around, f),
        Shape::Struct(no_name, fields) if no_name.is_empty() => write_fields(fields, around, f),
        other => enclosed("(", [other], ")", around, f),
    }
}

/// Fields without names are those of a tuple struct.
fn write_fields<'s>(
    fields: &'s [Field],
    around: &mut Vec<&'s str>,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    if fields.iter().all(|(name, _)| name.is_empty()) {
        return match fields {
            [] => Ok(()),
            fields => enclosed("(", fields.iter().map(|(_, shape)| shape), ")", around, f),
        };
    }
    f.write_str(" { ")?;
    for (number, (name, shape)) in fields.iter().enumerate() {
        f.write_str(if number > 0 { ", " } else { "" })?;
        write!(f, "{name}: ")?;
        write(shape, around, f)?;
    }
    f.write_str(" }")
}

fn enclosed<'s>(
    open: &str,
    parts: impl IntoIterator<Item = &'s Shape>,
    close: &str,
    around: &mut Vec<&'s str>,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    f.write_str(open)?;
    for (number, part) in parts.into_iter().enumerate() {
        f.write_str(if number > 0 { ", " } else { "" })?;
        write(part, around, f)?;
    }
    f.write_str(close)
}

impl Leaf {
    fn name(self) -> &'static str {
        match self {
            Self::Unit => "()",
            Self::Bool => "bool",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::I128 => "i128",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::U128 => "u128",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Char => "char",
            Self::Str => "String",
            Self::Bytes => "bytes",
        }
    }
}
