//! What a type looks like when it is written: so that a checkpoint can say what it holds, be read
//! without the program that wrote it, and refuse a program whose types are others.
//!
//! | file | what is in it |
//! |---|---|
//! | `trace` | finds the shape of a type by asking it what it expects |
//! | `text` | a shape as people write types |
//! | `codec` | a shape as bytes |
//! | `json` | reads a written value by its shape |

mod codec;
mod json;
mod text;
mod trace;

use serde::{Deserialize, Serialize};

pub(crate) use json::Values;
pub(crate) use trace::shape_of;

/// What a type looks like when it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// It could not be found out.
    Unknown,
    /// A value without parts.
    Leaf(Leaf),
    /// A value or nothing.
    Option(Box<Shape>),
    /// Any number of values.
    Seq(Box<Shape>),
    /// Any number of keys, each with a value.
    Map(Box<Shape>, Box<Shape>),
    /// Values side by side.
    Tuple(Vec<Shape>),
    /// A struct by its name; its fields have no names if it is a tuple struct.
    Struct(String, Vec<Field>),
    /// An enum by its name.
    Enum(String, Vec<Field>),
    /// A struct or an enum around this place: the innermost one is the zeroth.
    Within(u32),
}

/// A field or a variant. The fields of a variant with named ones are a struct without a name, around
/// which is nothing but the enum.
pub(crate) type Field = (String, Shape);

/// A value without parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "they are the types of these names")]
pub(crate) enum Leaf {
    Unit,
    Bool,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    F32,
    F64,
    Char,
    Str,
    Bytes,
}

impl Shape {
    /// Whether a program with this type can read what was written as `written`.
    ///
    /// Types may be renamed, and enums may have more variants behind those they had. What is not
    /// known is trusted.
    pub(crate) fn reads(&self, written: &Self) -> bool {
        match (self, written) {
            (Self::Unknown, _) | (_, Self::Unknown) => true,
            (Self::Option(a), Self::Option(b)) | (Self::Seq(a), Self::Seq(b)) => a.reads(b),
            (Self::Map(key, value), Self::Map(old_key, old_value)) => {
                key.reads(old_key) && value.reads(old_value)
            }
            (Self::Tuple(a), Self::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.reads(b))
            }
            (Self::Struct(_, a), Self::Struct(_, b)) => a.len() == b.len() && fields_read(a, b),
            (Self::Enum(_, a), Self::Enum(_, b)) => a.len() >= b.len() && fields_read(a, b),
            (a, b) => a == b,
        }
    }
}

fn fields_read(fields: &[Field], written: &[Field]) -> bool {
    let mut pairs = fields.iter().zip(written);
    pairs.all(|((name, a), (old_name, b))| name == old_name && a.reads(b))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap, VecDeque};
    use std::num::NonZeroU32;
    use std::time::Duration;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Session {
        user: String,
        clicks: Vec<(u32, Option<f64>)>,
        state: State,
        length: Duration,
        id: NonZeroU32,
    }

    #[derive(Serialize, Deserialize)]
    enum State {
        Open,
        Closed(u64),
        Moved { to: char, by: (i8, bool) },
    }

    #[derive(Serialize, Deserialize)]
    struct Wrap<T>(T);

    #[derive(Serialize, Deserialize)]
    enum Tree {
        Node(Box<Tree>, u64, Box<Tree>),
        Leaf,
    }

    #[derive(Serialize, Deserialize)]
    struct List {
        next: Option<Box<List>>,
        all: Vec<Tree>,
        last: u8,
    }

    fn text<T: serde::de::DeserializeOwned>() -> String {
        shape_of::<T>().to_string()
    }

    #[test]
    fn shapes_are_written_as_types_are() {
        assert_eq!(text::<u64>(), "u64");
        assert_eq!(text::<(String, i8)>(), "(String, i8)");
        assert_eq!(text::<Option<()>>(), "Option<()>");
        assert_eq!(text::<[u8; 3]>(), "(u8, u8, u8)");
        assert_eq!(text::<VecDeque<Wrap<char>>>(), "[Wrap(char)]");
        assert_eq!(
            text::<BTreeMap<u8, HashMap<String, bool>>>(),
            "{u8: {String: bool}}"
        );
        assert_eq!(text::<Wrap<Wrap<u16>>>(), "Wrap(Wrap(u16))");
        assert_eq!(shape_of::<(&str, &[u8])>().to_string(), "(String, bytes)");
        assert_eq!(
            text::<Session>(),
            "Session { user: String, clicks: [(u32, Option<f64>)], \
             state: State { Open, Closed(u64), Moved { to: char, by: (i8, bool) } }, \
             length: Duration { secs: u64, nanos: u32 }, id: u32 }"
        );
    }

    #[test]
    fn types_that_hold_themselves_have_a_shape() {
        let tree = "Tree { Node(Tree, u64, Tree), Leaf }";
        assert_eq!(text::<Tree>(), tree);
        assert_eq!(
            text::<List>(),
            format!("List {{ next: Option<List>, all: [{tree}], last: u8 }}")
        );
    }

    #[test]
    fn what_will_not_say_is_unknown() {
        assert_eq!(text::<(u8, serde_json::Value, u8)>(), "(u8, ?, ?)");
    }

    #[test]
    fn shapes_come_back_and_are_never_too_deep() {
        for shape in [shape_of::<Session>(), shape_of::<List>(), Shape::Unknown] {
            assert_eq!(Shape::decode(&shape.encode()), Ok(shape));
        }
        let option = Shape::Option(Box::new(Shape::Unknown)).encode();
        let nested = option[..1].repeat(100_000);
        assert!(Shape::decode(&nested).is_err());
    }

    #[test]
    fn what_was_written_is_read_by_types_that_look_alike() {
        let enumeration = |names: &[&str]| {
            let variant = |name: &&str| ((*name).to_owned(), Shape::Leaf(Leaf::Unit));
            Shape::Enum("E".to_owned(), names.iter().map(variant).collect())
        };
        assert!(enumeration(&["A", "B"]).reads(&enumeration(&["A"])));
        assert!(!enumeration(&["A"]).reads(&enumeration(&["A", "B"])));
        assert!(!enumeration(&["B", "A"]).reads(&enumeration(&["A"])));
        assert!(shape_of::<Session>().reads(&shape_of::<Session>()));
        assert!(!shape_of::<u64>().reads(&shape_of::<u32>()));
        assert!(!shape_of::<(u8, u8)>().reads(&shape_of::<(u8,)>()));
        assert!(shape_of::<serde_json::Value>().reads(&shape_of::<u8>()));
    }

    #[test]
    fn written_values_are_read_by_their_shape() {
        let session = Session {
            user: "ann".to_owned(),
            clicks: vec![(300, None), (7, Some(0.5))],
            state: State::Moved {
                to: 'ä',
                by: (-3, true),
            },
            length: Duration::from_millis(1_500),
            id: NonZeroU32::MAX,
        };
        let bytes = postcard::to_stdvec(&session).unwrap();
        let mut values = Values::new(&bytes);
        let json = values.next(&shape_of::<Session>()).unwrap();
        values.end().unwrap();
        assert_eq!(json, serde_json::to_value(&session).unwrap());
    }

    fn through<T: Serialize + serde::de::DeserializeOwned>(value: &T) -> String {
        let bytes = postcard::to_stdvec(value).unwrap();
        let mut values = Values::new(&bytes);
        let json = values.next(&shape_of::<T>()).unwrap();
        values.end().unwrap();
        json.to_string()
    }

    #[test]
    fn json_has_a_place_for_every_value() {
        assert_eq!(through(&u128::MAX), format!("\"{}\"", u128::MAX));
        assert_eq!(through(&i64::MIN), i64::MIN.to_string());
        assert_eq!(through(&i128::MIN), format!("\"{}\"", i128::MIN));
        assert_eq!(through(&(f64::NAN, 1.5f32)), "[\"NaN\",1.5]");
        assert_eq!(
            through(&BTreeMap::from([(1u8, "a".to_owned())])),
            "[[1,\"a\"]]"
        );
        assert_eq!(
            through(&BTreeMap::from([("a".to_owned(), 1u8)])),
            "{\"a\":1}"
        );
        assert_eq!(
            through(&vec![State::Open, State::Closed(2)]),
            "[\"Open\",{\"Closed\":2}]"
        );
        let tree = || Box::new(Tree::Leaf);
        let tree = Tree::Node(tree(), 1, Box::new(Tree::Node(tree(), 2, tree())));
        let expected = "{\"Node\":[\"Leaf\",1,{\"Node\":[\"Leaf\",2,\"Leaf\"]}]}";
        assert_eq!(through(&tree), expected);
    }

    /// No machine has the memory that these lengths ask for.
    #[test]
    fn lengths_are_not_believed() {
        let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
        for shape in [
            shape_of::<Vec<u64>>(),
            shape_of::<Vec<()>>(),
            shape_of::<String>(),
            shape_of::<BTreeMap<(), ()>>(),
        ] {
            assert!(Values::new(&huge).next(&shape).is_err(), "{shape}");
        }
        // A tuple and a struct with so many parts.
        for token in [&[5][..], &[6, 0]] {
            assert!(Shape::decode(&[token, &huge].concat()).is_err());
        }
    }

    /// Whatever the bytes and shapes are, reading ends, and takes memory in proportion to the bytes.
    #[test]
    fn random_bytes_never_panic() {
        let mut rng = fastrand::Rng::with_seed(5);
        let shapes = [
            shape_of::<Session>(),
            shape_of::<List>(),
            shape_of::<Vec<()>>(),
            shape_of::<Vec<Vec<()>>>(),
            shape_of::<BTreeMap<String, Wrap<u128>>>(),
            Shape::Within(3),
            Shape::Seq(Box::new(Shape::Seq(Box::new(Shape::Within(0))))),
        ];
        for _ in 0..100_000 {
            let bytes: Vec<u8> = (0..rng.usize(..60)).map(|_| rng.u8(..)).collect();
            let shape = rng.choice(&shapes).unwrap();
            let _ = Values::new(&bytes).next(shape);
            if let Ok(shape) = Shape::decode(&bytes) {
                let _ = Values::new(&bytes).next(&shape);
            }
        }
    }
}
