//! A shape as bytes: in preorder, so that reading it can stop where it is too deep.

use serde::{Deserialize, Serialize};

use super::{Field, Leaf, Shape};
use crate::state::Malformed;

/// No type that people write is nested deeper.
const DEPTH_MAX: usize = 64;

/// What a shape begins with; its parts follow, each field and variant behind its name.
#[derive(Serialize, Deserialize)]
enum Token<'a> {
    Unknown,
    Leaf(Leaf),
    Option,
    Seq,
    Map,
    Tuple(usize),
    Struct(&'a str, usize),
    Enum(&'a str, usize),
    Within(u32),
}

impl Shape {
    /// The shape as bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        write(self, &mut out);
        out
    }

    /// The shape that was written as these bytes.
    ///
    /// # Errors
    ///
    /// When they are not those of a shape.
    pub(crate) fn decode(mut bytes: &[u8]) -> Result<Self, Malformed> {
        let shape = read(&mut bytes, 0)?;
        match bytes {
            [] => Ok(shape),
            _ => Err(Malformed("something follows the shape".to_owned())),
        }
    }
}

fn put<T: Serialize>(value: &T, out: &mut Vec<u8>) {
    postcard::to_io(value, out).expect("names and numbers can be written");
}

fn write(shape: &Shape, out: &mut Vec<u8>) {
    match shape {
        Shape::Unknown => put(&Token::Unknown, out),
        Shape::Leaf(leaf) => put(&Token::Leaf(*leaf), out),
        Shape::Within(levels) => put(&Token::Within(*levels), out),
        Shape::Option(some) => {
            put(&Token::Option, out);
            write(some, out);
        }
        Shape::Seq(element) => {
            put(&Token::Seq, out);
            write(element, out);
        }
        Shape::Map(key, value) => {
            put(&Token::Map, out);
            write(key, out);
            write(value, out);
        }
        Shape::Tuple(parts) => {
            put(&Token::Tuple(parts.len()), out);
            parts.iter().for_each(|part| write(part, out));
        }
        Shape::Struct(name, fields) => {
            put(&Token::Struct(name, fields.len()), out);
            write_fields(fields, out);
        }
        Shape::Enum(name, variants) => {
            put(&Token::Enum(name, variants.len()), out);
            write_fields(variants, out);
        }
    }
}

fn write_fields(fields: &[Field], out: &mut Vec<u8>) {
    for (name, shape) in fields {
        put(name, out);
        write(shape, out);
    }
}

fn take<'a, T: Deserialize<'a>>(bytes: &mut &'a [u8]) -> Result<T, Malformed> {
    let (value, rest) = postcard::take_from_bytes(bytes)?;
    *bytes = rest;
    Ok(value)
}

fn read(bytes: &mut &[u8], depth: usize) -> Result<Shape, Malformed> {
    if depth > DEPTH_MAX {
        return Err(Malformed("a shape is nested too deeply".to_owned()));
    }
    let boxed = |bytes: &mut &[u8]| read(bytes, depth + 1).map(Box::new);
    Ok(match take(bytes)? {
        Token::Unknown => Shape::Unknown,
        Token::Leaf(leaf) => Shape::Leaf(leaf),
        Token::Within(levels) => Shape::Within(levels),
        Token::Option => Shape::Option(boxed(bytes)?),
        Token::Seq => Shape::Seq(boxed(bytes)?),
        Token::Map => Shape::Map(boxed(bytes)?, boxed(bytes)?),
        Token::Tuple(parts) => {
            let parts = (0..parts).map(|_| read(bytes, depth + 1));
            Shape::Tuple(parts.collect::<Result<_, _>>()?)
        }
        Token::Struct(name, fields) => {
            Shape::Struct(name.to_owned(), read_fields(bytes, fields, depth)?)
        }
        Token::Enum(name, variants) => {
            Shape::Enum(name.to_owned(), read_fields(bytes, variants, depth)?)
        }
    })
}

/// Each takes bytes, so a number that is too large comes to an end with them.
fn read_fields(bytes: &mut &[u8], fields: usize, depth: usize) -> Result<Vec<Field>, Malformed> {
    let field = |_| Ok((take(bytes)?, read(bytes, depth + 1)?));
    (0..fields).map(field).collect()
}
