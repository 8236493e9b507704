//! The keys and values of a recorded state, without its types.

use std::collections::BTreeMap;

use super::{Malformed, Recorded, StateShape, TABLE, codec};
use crate::shape::Values;

/// The keys and values of a state that was written as a [`StateTable`](super::table::StateTable): as bytes,
/// in the order of the keys' bytes.
#[derive(Debug)]
pub(crate) struct Entries {
    pub(crate) shape: StateShape,
    pub(crate) entries: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Entries {
    /// What is left when all that was recorded is applied.
    ///
    /// # Errors
    ///
    /// When the state is laid out otherwise, its shape is not known, or it is malformed.
    pub(crate) fn of(recorded: &Recorded) -> Result<Self, Malformed> {
        if recorded.shape.layout != TABLE {
            return Err(Malformed(format!(
                "it is a {}, and only tables and windows over keys can be read without their program",
                recorded.shape
            )));
        }
        let mut entries = Self {
            shape: recorded.shape.clone(),
            entries: BTreeMap::new(),
        };
        for part in &recorded.parts {
            entries.apply(part)?;
        }
        Ok(entries)
    }

    /// A part for each partition, with its length before it.
    fn apply(&mut self, part: &[u8]) -> Result<(), Malformed> {
        let mut parts = Values::new(part);
        for _ in 0..parts.count()? {
            let len = parts.count()?;
            self.apply_partition(Values::new(parts.take(len)?))?;
        }
        parts.end()
    }

    /// The keys that were removed, each behind a byte, and the entries, each behind its position.
    fn apply_partition(&mut self, mut values: Values<'_>) -> Result<(), Malformed> {
        for _ in 0..values.count()? {
            values.take(1)?;
            let key = values.bytes_of(&self.shape.key)?;
            self.entries.remove(key);
        }
        for _ in 0..values.count()? {
            values.number()?;
            let key = values.bytes_of(&self.shape.key)?.to_vec();
            let value = values.bytes_of(&self.shape.value)?.to_vec();
            self.entries.insert(key, value);
        }
        values.end()
    }

    /// What makes a state with these entries.
    pub(crate) fn into_recorded(self) -> Recorded {
        let mut table = Vec::new();
        codec::write(&0usize, &mut table);
        codec::write(&self.entries.len(), &mut table);
        for (position, (key, value)) in self.entries.into_iter().enumerate() {
            codec::write(&position, &mut table);
            table.extend_from_slice(&key);
            table.extend_from_slice(&value);
        }
        let mut part = Vec::new();
        codec::write(&1usize, &mut part);
        codec::write(&table.len(), &mut part);
        part.append(&mut table);
        Recorded {
            shape: self.shape,
            parts: vec![part],
        }
    }
}

#[cfg(test)]
mod tests {
    use compact_str::CompactString;

    use super::*;
    use crate::key::{Key, partition_of};
    use crate::state::table::StateTable;
    use crate::state::{Checkpoint, Draft, Partitioned};

    type Words = Partitioned<StateTable<CompactString, Option<u64>>>;

    fn set(words: &mut Words, word: &str, count: Option<u64>) {
        let hash = word.hash(&word.digest());
        let partition = partition_of(hash, words.parts().len());
        let table = &mut words.parts_mut()[partition];
        let at = table.find_or_insert(hash, &word, || None);
        match count {
            Some(count) => *table.value_mut(at) = Some(count),
            None => _ = table.remove(at),
        }
    }

    fn recorded() -> Recorded {
        let mut words = Words::new(3);
        let mut recorded = Recorded {
            shape: words.shape(),
            ..Recorded::default()
        };
        let mut write = |words: &mut Words| {
            let mut part = Draft::default();
            words.delta(&mut part);
            recorded.parts.push(part.into_bytes());
        };
        write(&mut words);
        for number in 0..20 {
            set(&mut words, &format!("word {number}"), Some(number * 100));
        }
        write(&mut words);
        (0..18).for_each(|number| set(&mut words, &format!("word {number}"), None));
        set(&mut words, "be", Some(2));
        write(&mut words);
        recorded
    }

    fn rows(recorded: &Recorded) -> Vec<String> {
        let entries = Entries::of(recorded).unwrap();
        let rows = entries.values().map(|row| {
            let (key, value) = row.unwrap();
            format!("{key} {value}")
        });
        rows.collect()
    }

    #[test]
    fn a_table_is_read_without_its_types_and_written_again() {
        let expected = ["\"be\" 2", "\"word 18\" 1800", "\"word 19\" 1900"];
        assert_eq!(rows(&recorded()), expected);
        let again = Entries::of(&recorded()).unwrap().into_recorded();
        assert_eq!(rows(&again), expected);
        for partitions in [1, 2, 5] {
            let mut words = Words::new(partitions);
            again
                .parts
                .iter()
                .for_each(|part| words.apply(part).unwrap());
            let keys: usize = words.parts().iter().map(StateTable::len).sum();
            assert_eq!(keys, 3);
        }
    }

    #[test]
    fn damaged_parts_are_errors() {
        let whole = recorded();
        let mut rng = fastrand::Rng::with_seed(2);
        for _ in 0..20_000 {
            let mut damaged = whole.clone();
            let part = rng.usize(..damaged.parts.len());
            let part = &mut damaged.parts[part];
            for _ in 0..rng.usize(1..4) {
                let at = rng.usize(..part.len());
                part[at] = rng.u8(..);
            }
            part.truncate(rng.usize(..=part.len()).max(1));
            let _ = Entries::of(&damaged);
        }
        let window = StateShape {
            layout: "window".to_owned(),
            ..whole.shape.clone()
        };
        let error = Entries::of(&Recorded {
            shape: window,
            ..whole
        });
        assert!(error.unwrap_err().0.contains("window of String"));
    }
}
