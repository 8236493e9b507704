//! What was written of a state, and what it looks like.

use std::fmt::{self, Display};

use super::Malformed;
use super::codec::{self, Reader};
use crate::shape::Shape;

/// What a state looks like when it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateShape {
    /// How keys and values are laid out; empty if that is not known.
    pub(crate) layout: String,
    pub(crate) key: Shape,
    pub(crate) value: Shape,
}

/// The layout of a [`StateTable`](super::table::StateTable).
pub(crate) const TABLE: &str = "table";

/// The layout of a [`KeyedWindow`](crate::window::KeyedWindow).
pub(crate) const WINDOW: &str = "window";

/// A struct whose first field is the state, and whose others are what an operator keeps beside it.
pub(super) const AGED: &str = "Aged";

/// What is kept of a state, without what is kept beside it.
pub(super) fn beside(value: &Shape) -> &Shape {
    match value {
        Shape::Struct(name, fields) if name == AGED => fields.first().map_or(value, |(_, it)| it),
        value => value,
    }
}

/// What was written of a state.
#[derive(Debug, Default, Clone)]
pub(crate) struct Recorded {
    /// What it looked like then.
    pub(crate) shape: StateShape,
    /// What makes the state, applied in order to an empty one.
    pub(crate) parts: Vec<Vec<u8>>,
}

impl Default for StateShape {
    /// A shape of which nothing is known.
    fn default() -> Self {
        Self::new("", Shape::Unknown, Shape::Unknown)
    }
}

impl StateShape {
    pub(crate) fn new(layout: &str, key: Shape, value: Shape) -> Self {
        Self {
            layout: layout.to_owned(),
            key,
            value,
        }
    }

    /// Whether a state that looks like this can take in what was written of one that looked like
    /// `written`. What is not known is trusted.
    pub(crate) fn reads(&self, written: &Self) -> bool {
        let is_known = !self.layout.is_empty() && !written.layout.is_empty();
        !is_known
            || self.layout == written.layout
                && self.key.reads(&written.key)
                && self.value.reads(&written.value)
    }

    /// The shape as bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let (key, value) = (self.key.encode(), self.value.encode());
        codec::write(&(&self.layout, key, value), &mut out);
        out
    }

    /// The shape that was written as these bytes.
    ///
    /// # Errors
    ///
    /// When they are not those of a shape.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let layout: String = reader.read()?;
        let (key, value) = (reader.bytes()?, reader.bytes()?);
        reader.end()?;
        Ok(Self::new(
            &layout,
            Shape::decode(key)?,
            Shape::decode(value)?,
        ))
    }
}

impl Display for StateShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.layout.as_str() {
            "" => f.write_str("?"),
            layout => write!(f, "{layout} of {} → {}", self.key, beside(&self.value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::shape_of;

    #[test]
    fn shapes_come_back_and_tell_types_apart() {
        let shape = StateShape::new(TABLE, shape_of::<String>(), shape_of::<Option<u64>>());
        assert_eq!(shape.to_string(), "table of String → Option<u64>");
        assert_eq!(StateShape::decode(&shape.encode()), Ok(shape.clone()));
        let other = StateShape::new(TABLE, shape_of::<String>(), shape_of::<Option<u32>>());
        let window = StateShape::new("window", shape.key.clone(), shape.value.clone());
        assert!(!shape.reads(&other) && !shape.reads(&window) && shape.reads(&shape));
        assert!(shape.reads(&StateShape::default()));
    }
}
