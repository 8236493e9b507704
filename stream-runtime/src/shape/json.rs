//! Reads a written value by its shape.

use serde_json::{Map, Number, Value};

use super::{Field, Leaf, Shape};
use crate::state::Malformed;

/// Values may hold values, but not deeper than this.
const DEPTH_MAX: usize = 128;

/// Values without bytes could be any number; more of them than this are not believed.
const EMPTY_MAX: usize = 256;

type Result<T> = std::result::Result<T, Malformed>;

/// Written values, one after the other, from bytes that are not trusted.
///
/// They become JSON as `serde_json` would write them, with text for numbers that JSON has not got,
/// and rows of pairs for maps whose keys are no text.
#[derive(Debug)]
pub(crate) struct Values<'a> {
    bytes: &'a [u8],
}

/// The shapes around the one that is read, and how deep it is.
#[derive(Clone, Copy)]
struct Place<'s> {
    shape: &'s Shape,
    /// The innermost struct or enum around it.
    around: Option<&'s Place<'s>>,
    depth: usize,
}

impl<'s> Place<'s> {
    fn inner(&'s self, shape: &'s Shape) -> Self {
        let around = match self.shape {
            Shape::Struct(..) | Shape::Enum(..) => Some(self),
            _ => self.around,
        };
        Place {
            shape,
            around,
            depth: self.depth + 1,
        }
    }

    fn enclosing(&self, levels: u32) -> Result<Self> {
        let mut found = self.around;
        for _ in 0..levels {
            found = found.and_then(|place| place.around);
        }
        let found = found.ok_or_else(|| Malformed("a shape is within nothing".to_owned()))?;
        Ok(Place {
            depth: self.depth + 1,
            ..*found
        })
    }
}

impl<'a> Values<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// What was not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// All was read.
    ///
    /// # Errors
    ///
    /// When it was not.
    pub(crate) fn end(&self) -> Result<()> {
        match self.bytes.len() {
            0 => Ok(()),
            left => Err(Malformed(format!("{left} bytes are left over"))),
        }
    }

    /// The bytes of the next value.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub(crate) fn bytes_of(&mut self, shape: &Shape) -> Result<&'a [u8]> {
        let before = self.bytes;
        self.next(shape)?;
        Ok(&before[..before.len() - self.bytes.len()])
    }

    /// The next value.
    ///
    /// # Errors
    ///
    /// When the bytes are not of this shape, or the shape is not known.
    pub(crate) fn next(&mut self, shape: &Shape) -> Result<Value> {
        self.value(Place {
            shape,
            around: None,
            depth: 0,
        })
    }

    /// The next bytes.
    ///
    /// # Errors
    ///
    /// When there are not so many.
    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (bytes, rest) = self.bytes.split_at_checked(len).ok_or_else(too_short)?;
        self.bytes = rest;
        Ok(bytes)
    }

    /// The next number without a sign.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(crate) fn number(&mut self) -> Result<u128> {
        let (mut number, mut shift) = (0u128, 0);
        loop {
            let [byte] = *self.take_array::<1>()?;
            let bits = u128::from(byte & 0x7f);
            if shift > 126 || (bits << shift) >> shift != bits {
                return Err(Malformed("a number is too large".to_owned()));
            }
            number |= bits << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
    }

    /// How many values follow, each of which has at least a byte.
    ///
    /// # Errors
    ///
    /// When there cannot be so many.
    pub(crate) fn count(&mut self) -> Result<usize> {
        let count = self.number()?;
        let count = usize::try_from(count).ok();
        count
            .filter(|&count| count <= self.bytes.len())
            .ok_or_else(too_short)
    }

    fn take_array<const N: usize>(&mut self) -> Result<&'a [u8; N]> {
        let (array, rest) = self.bytes.split_first_chunk().ok_or_else(too_short)?;
        self.bytes = rest;
        Ok(array)
    }

    fn value(&mut self, place: Place<'_>) -> Result<Value> {
        if place.depth > DEPTH_MAX {
            return Err(Malformed("values are nested too deeply".to_owned()));
        }
        match place.shape {
            Shape::Unknown => Err(Malformed("its shape is not known".to_owned())),
            Shape::Leaf(leaf) => self.leaf(*leaf),
            Shape::Option(some) => match self.take_array()? {
                [0] => Ok(Value::Null),
                [1] => self.value(place.inner(some)),
                _ => Err(Malformed("an option is neither there nor not".to_owned())),
            },
            Shape::Seq(element) => {
                let rows = self.repeat(|values| values.value(place.inner(element)))?;
                Ok(Value::Array(rows))
            }
            Shape::Map(key, value) => {
                let pair = |values: &mut Self| {
                    let key = values.value(place.inner(key))?;
                    Ok((key, values.value(place.inner(value))?))
                };
                Ok(map(self.repeat(pair)?))
            }
            Shape::Tuple(parts) => self.tuple(parts.iter(), &place),
            Shape::Struct(_, fields) => self.fields(fields, &place),
            Shape::Enum(_, variants) => self.variant(variants, &place),
            Shape::Within(levels) => self.value(place.enclosing(*levels)?),
        }
    }

    fn repeat<T>(&mut self, mut next: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.number()?;
        if count > self.bytes.len().max(EMPTY_MAX) as u128 {
            return Err(too_short());
        }
        (0..count).map(|_| next(self)).collect()
    }

    fn tuple<'s>(
        &mut self,
        parts: impl Iterator<Item = &'s Shape>,
        place: &Place<'s>,
    ) -> Result<Value> {
        let values: Result<_> = parts.map(|part| self.value(place.inner(part))).collect();
        Ok(Value::Array(values?))
    }

    fn fields(&mut self, fields: &[Field], place: &Place<'_>) -> Result<Value> {
        match fields {
            [] => Ok(Value::Null),
            [(name, shape)] if name.is_empty() => self.value(place.inner(shape)),
            [(name, _), ..] if name.is_empty() => {
                self.tuple(fields.iter().map(|(_, shape)| shape), place)
            }
            _ => {
                let field =
                    |(name, shape): &Field| Ok((name.clone(), self.value(place.inner(shape))?));
                Ok(Value::Object(
                    fields.iter().map(field).collect::<Result<_>>()?,
                ))
            }
        }
    }

    fn variant(&mut self, variants: &[Field], place: &Place<'_>) -> Result<Value> {
        let number = usize::try_from(self.number()?).ok();
        let variant = number.and_then(|number| variants.get(number));
        let Some((name, shape)) = variant else {
            return Err(Malformed("there is no such variant".to_owned()));
        };
        let value = match shape {
            Shape::Leaf(Leaf::Unit) => return Ok(Value::String(name.clone())),
            Shape::Tuple(parts) => self.tuple(parts.iter(), place)?,
            Shape::Struct(no_name, fields) if no_name.is_empty() => self.fields(fields, place)?,
            other => self.value(place.inner(other))?,
        };
        Ok(Value::Object(Map::from_iter([(name.clone(), value)])))
    }

    fn leaf(&mut self, leaf: Leaf) -> Result<Value> {
        Ok(match leaf {
            Leaf::Unit => Value::Null,
            Leaf::Bool => match self.take_array()? {
                [0] => Value::Bool(false),
                [1] => Value::Bool(true),
                _ => return Err(Malformed("a bool is neither true nor false".to_owned())),
            },
            Leaf::U8 => self.take_array::<1>()?[0].into(),
            Leaf::I8 => i8::from_le_bytes(*self.take_array()?).into(),
            Leaf::U16 | Leaf::U32 | Leaf::U64 | Leaf::U128 => unsigned(self.number()?),
            Leaf::I16 | Leaf::I32 | Leaf::I64 | Leaf::I128 => signed(self.number()?),
            Leaf::F32 => float(f32::from_le_bytes(*self.take_array()?).into()),
            Leaf::F64 => float(f64::from_le_bytes(*self.take_array()?)),
            Leaf::Char | Leaf::Str => Value::String(self.text()?.to_owned()),
            Leaf::Bytes => {
                let len = self.count()?;
                self.take(len)?.to_vec().into()
            }
        })
    }

    fn text(&mut self) -> Result<&'a str> {
        let len = self.count()?;
        let text = std::str::from_utf8(self.take(len)?);
        text.map_err(|error| Malformed(error.to_string()))
    }
}

fn map(pairs: Vec<(Value, Value)>) -> Value {
    if !pairs.iter().all(|(key, _)| key.is_string()) {
        let rows = pairs.into_iter();
        return rows
            .map(|(key, value)| Value::Array(vec![key, value]))
            .collect();
    }
    let mut map = Map::new();
    for (key, value) in pairs {
        if let Value::String(key) = key {
            map.insert(key, value);
        }
    }
    Value::Object(map)
}

fn unsigned(number: u128) -> Value {
    match u64::try_from(number) {
        Ok(number) => number.into(),
        Err(_) => number.to_string().into(),
    }
}

/// Signs are written as the lowest bit.
fn signed(number: u128) -> Value {
    let signed = (number >> 1) as i128 ^ -((number & 1) as i128);
    match i64::try_from(signed) {
        Ok(number) => number.into(),
        Err(_) => signed.to_string().into(),
    }
}

fn float(number: f64) -> Value {
    match Number::from_f64(number) {
        Some(number) => Value::Number(number),
        None => number.to_string().into(),
    }
}

fn too_short() -> Malformed {
    Malformed("it is too short".to_owned())
}
