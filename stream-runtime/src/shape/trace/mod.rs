//! Finds the shape of a type by asking it what it expects.
//!
//! A type that can be deserialized says what it wants to read next. The tracer notes that, and gives
//! it some value. One pass meets one variant of an enum; so the type is asked again until there is
//! nothing new. A type that does not like a value is given another one the next time.

mod access;
mod node;
mod tracer;

use serde::Deserialize;
use serde::de::Error;
use std::collections::HashMap;

use super::Shape;
use node::Node;

/// More passes than any type has variants.
const PASSES_MAX: usize = 2_000;

/// The shape of a type, as far as it can be found out.
pub(crate) fn shape_of<'b, T: Deserialize<'b>>() -> Shape {
    let (mut root, mut pass) = (Node::default(), Pass::default());
    for _ in 0..PASSES_MAX {
        let learned = pass.learned;
        let result = T::deserialize(root.tracer(&mut pass));
        let goes_on = match result {
            Ok(_) | Err(Stop::Known) => !root.is_done() && pass.learned > learned,
            Err(Stop::Refused) => root.try_another(pass.given),
        };
        if !goes_on {
            break;
        }
    }
    root.into_shape()
}

/// One way through a type after the other.
#[derive(Debug, Default)]
struct Pass {
    /// How many values were given.
    given: usize,
    /// How much was found out.
    learned: usize,
    /// Who reads the structs and enums around the present place: another one for each type.
    around: Vec<&'static str>,
    depth: usize,
    /// Of enums by who reads them, a variant that can be read to its end.
    whole: HashMap<&'static str, usize>,
    /// Whether nothing is to be found out at present, but a value to be given.
    is_idle: bool,
}

/// Why a pass came to no end.
#[derive(Debug)]
enum Stop {
    /// Nothing is to be found out here, and so no value can be given.
    Known,
    /// The type does not like a value.
    Refused,
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a type's shape is being found out")
    }
}

impl std::error::Error for Stop {}

impl Error for Stop {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self::Refused
    }
}

/// Reads a value that is a part of another one.
fn within<T>(pass: &mut Pass, read: impl FnOnce(&mut Pass) -> Result<T, Stop>) -> Result<T, Stop> {
    pass.depth += 1;
    let result = read(pass);
    pass.depth -= 1;
    result
}
