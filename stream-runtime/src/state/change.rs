//! What becomes of a state that an earlier version of the program has left.

use std::fmt::{self, Debug};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::entries::Entries;
use super::recorded::{AGED, beside};
use super::{Malformed, Recorded, codec};
use crate::shape::{Shape, Values, shape_of};

/// What becomes of a state that an earlier version of the program has left.
pub(crate) enum StateChange {
    /// It is forgotten.
    Reset,
    /// It becomes another one; none if it is that already.
    Migrate(Box<Migrate>),
}

type Migrate = dyn Fn(&Recorded) -> Result<Option<Recorded>, Malformed> + Send;

impl StateChange {
    /// Each key's state becomes what `f` makes of it.
    pub(crate) fn migrate<K, Old, New>(f: impl Fn(&K, Old) -> New + Send + 'static) -> Self
    where
        K: DeserializeOwned,
        Old: DeserializeOwned,
        New: Serialize + DeserializeOwned,
    {
        Self::Migrate(Box::new(move |recorded| migrate(recorded, &f)))
    }

    /// The state after the change; none if it is as it should be.
    ///
    /// # Errors
    ///
    /// When the state is of other types than those that can be migrated.
    pub(crate) fn apply(&self, recorded: &Recorded) -> Result<Option<Recorded>, Malformed> {
        match self {
            Self::Reset => Ok(Some(Recorded::default())),
            Self::Migrate(migrate) => migrate(recorded),
        }
    }
}

impl Debug for StateChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reset => "Reset",
            Self::Migrate(_) => "Migrate",
        })
    }
}

fn migrate<K, Old, New>(
    recorded: &Recorded,
    f: &dyn Fn(&K, Old) -> New,
) -> Result<Option<Recorded>, Malformed>
where
    K: DeserializeOwned,
    Old: DeserializeOwned,
    New: Serialize + DeserializeOwned,
{
    let (key, old, new) = (shape_of::<K>(), shape_of::<Old>(), shape_of::<New>());
    let kept = state_of(&recorded.shape.value);
    let is_old = old.reads(kept);
    if new.reads(kept) && !(is_old && kept == &old && old != new) {
        return Ok(None);
    }
    if !is_old || !key.reads(&recorded.shape.key) {
        return Err(Malformed(format!(
            "it is a {}, and what can be migrated is {key} → {old}",
            recorded.shape
        )));
    }
    let mut entries = Entries::of(recorded)?;
    for (key, value) in &mut entries.entries {
        *value = migrated(key, value, &recorded.shape.value, f)?;
    }
    entries.shape.value = with_state(&recorded.shape.value, new);
    Ok(Some(entries.into_recorded()))
}

/// What the user keeps: operators keep it as an option, or beside other things that they need.
fn state_of(value: &Shape) -> &Shape {
    match beside(value) {
        Shape::Option(state) => state,
        value => value,
    }
}

fn with_state(value: &Shape, state: Shape) -> Shape {
    match value {
        Shape::Option(_) => Shape::Option(Box::new(state)),
        Shape::Struct(name, fields) if name == AGED => {
            let mut fields = fields.clone();
            if let Some((_, kept)) = fields.first_mut() {
                *kept = with_state(kept, state);
            }
            Shape::Struct(name.clone(), fields)
        }
        _ => state,
    }
}

fn migrated<K, Old, New>(
    key: &[u8],
    value: &[u8],
    shape: &Shape,
    f: &dyn Fn(&K, Old) -> New,
) -> Result<Vec<u8>, Malformed>
where
    K: DeserializeOwned,
    Old: DeserializeOwned,
    New: Serialize,
{
    let mut values = Values::new(value);
    let mut out = Vec::new();
    if let Shape::Option(_) = beside(shape) {
        let there = values.take(1)?;
        out.extend_from_slice(there);
        if there == [0] {
            return Ok(out);
        }
    }
    let old = postcard::from_bytes(values.bytes_of(state_of(shape))?)?;
    codec::write(&f(&postcard::from_bytes(key)?, old), &mut out);
    out.extend_from_slice(values.rest());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use compact_str::CompactString;

    use super::*;
    use crate::key::Key;
    use crate::state::table::StateTable;
    use crate::state::{Checkpoint, Draft, Partitioned};

    /// A state as an operator keeps it.
    fn recorded<V: crate::state::Kept>(value: V) -> Recorded {
        let mut states = Partitioned::<StateTable<CompactString, V>>::new(1);
        let table = &mut states.parts_mut()[0];
        table.insert("a".hash(&"a".digest()), "a".into(), value);
        let mut part = Draft::default();
        states.delta(&mut part);
        Recorded {
            shape: states.shape(),
            parts: vec![part.into_bytes()],
        }
    }

    fn value_of(recorded: &Recorded) -> String {
        let entries = Entries::of(recorded).unwrap();
        let (key, value) = entries.values().next().unwrap().unwrap();
        format!("{key} {value}")
    }

    fn widen() -> StateChange {
        StateChange::migrate(|key: &String, old: u32| (key.clone(), u64::from(old)))
    }

    #[test]
    fn states_become_what_the_function_says_once() {
        let new = widen().apply(&recorded(Some(7u32))).unwrap().unwrap();
        assert_eq!(value_of(&new), "\"a\" [\"a\",7]");
        assert_eq!(
            new.shape.to_string(),
            "table of String → Option<(String, u64)>"
        );
        assert!(widen().apply(&new).unwrap().is_none());
        let plain = widen().apply(&recorded(8u32)).unwrap().unwrap();
        assert_eq!(value_of(&plain), "\"a\" [\"a\",8]");
        let none = widen().apply(&recorded(None::<u32>)).unwrap().unwrap();
        assert_eq!(value_of(&none), "\"a\" null");
    }

    #[test]
    fn a_state_kept_beside_something_else_is_migrated() {
        #[derive(Clone, serde::Serialize, serde::Deserialize)]
        struct Aged<S> {
            state: S,
            age: u64,
        }
        let new = widen()
            .apply(&recorded(Aged {
                state: 3u32,
                age: 99,
            }))
            .unwrap()
            .unwrap();
        assert_eq!(value_of(&new), "\"a\" [\"a\",3]");
        let optional = Aged {
            state: Some(3u32),
            age: 99,
        };
        let new = widen().apply(&recorded(optional)).unwrap().unwrap();
        assert_eq!(value_of(&new), "\"a\" [\"a\",3]");
    }

    #[test]
    fn what_is_neither_old_nor_new_is_an_error() {
        let error = widen().apply(&recorded(Some(1i8))).unwrap_err();
        let expected = "table of String → Option<i8>, and what can be migrated is String → u32";
        assert!(error.0.ends_with(expected), "{error}");
    }
}
