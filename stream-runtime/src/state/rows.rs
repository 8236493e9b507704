//! The keys of a recorded state and what is kept for each, as JSON.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use super::entries::Entries;
use super::recorded::beside;
use super::{Malformed, Recorded, TABLE, WINDOW};
use crate::shape::Values;

impl Recorded {
    /// Whether its keys can be read without the program's types.
    pub(crate) fn is_readable(&self) -> bool {
        [TABLE, WINDOW].contains(&self.shape.layout.as_str())
    }

    /// Each key with what is kept for it; for a window that is the value of each batch in it.
    ///
    /// # Errors
    ///
    /// When it is laid out in another way, or malformed.
    pub(crate) fn rows(&self) -> Result<Vec<(Value, Value)>, Malformed> {
        match self.shape.layout.as_str() {
            WINDOW => Panes::of(self)?.rows(self),
            _ => Entries::of(self)?.values().collect(),
        }
    }

    /// How many keys there are.
    ///
    /// # Errors
    ///
    /// As [`rows`](Self::rows).
    pub(crate) fn keys(&self) -> Result<usize, Malformed> {
        match self.shape.layout.as_str() {
            WINDOW => {
                let panes = Panes::of(self)?;
                let keys: HashSet<_> = panes.values.keys().map(|(key, _)| key).collect();
                Ok(keys.len())
            }
            _ => Ok(Entries::of(self)?.entries.len()),
        }
    }
}

impl Entries {
    /// All keys and values, without what is kept beside the values.
    pub(super) fn values(&self) -> impl Iterator<Item = Result<(Value, Value), Malformed>> {
        self.entries.iter().map(|(key, value)| {
            let key = Values::new(key).next(&self.shape.key)?;
            Ok((key, Values::new(value).next(beside(&self.shape.value))?))
        })
    }
}

/// The values of a window over keys, by key and batch, as bytes.
#[derive(Debug, Default)]
struct Panes {
    /// Batches up to this time, in microseconds, have left.
    left: u64,
    values: BTreeMap<(Vec<u8>, u64), Vec<u8>>,
}

impl Panes {
    fn of(recorded: &Recorded) -> Result<Self, Malformed> {
        let mut panes = Self::default();
        for part in &recorded.parts {
            let mut parts = Values::new(part);
            for _ in 0..parts.count()? {
                let len = parts.count()?;
                panes.apply(recorded, Values::new(parts.take(len)?))?;
            }
            parts.end()?;
        }
        let left = panes.left;
        panes.values.retain(|(_, time), _| *time > left);
        Ok(panes)
    }

    /// The time up to which batches have left, and each batch behind a one, with a number, key and
    /// value for each key; and a zero.
    fn apply(&mut self, recorded: &Recorded, mut values: Values<'_>) -> Result<(), Malformed> {
        self.left = self.left.max(time(&mut values)?);
        while values.take(1)? == [1] {
            let time = time(&mut values)?;
            for _ in 0..values.count()? {
                values.number()?;
                let key = values.bytes_of(&recorded.shape.key)?.to_vec();
                let value = values.bytes_of(&recorded.shape.value)?.to_vec();
                self.values.insert((key, time), value);
            }
        }
        values.end()
    }

    fn rows(&self, recorded: &Recorded) -> Result<Vec<(Value, Value)>, Malformed> {
        let mut rows: Vec<(&[u8], Vec<Value>)> = Vec::new();
        for ((key, time), value) in &self.values {
            let value = Values::new(value).next(&recorded.shape.value)?;
            let batch = json!({ "batch_ms": time / 1_000, "value": value });
            match rows.last_mut() {
                Some((last, batches)) if last == key => batches.push(batch),
                _ => rows.push((key, vec![batch])),
            }
        }
        let rows = rows.into_iter().map(|(key, batches)| {
            let key = Values::new(key).next(&recorded.shape.key)?;
            Ok((key, Value::Array(batches)))
        });
        rows.collect()
    }
}

fn time(values: &mut Values<'_>) -> Result<u64, Malformed> {
    let time = u64::try_from(values.number()?);
    time.map_err(|_| Malformed("a time is too far away".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;
    use crate::storage::MemoryStorage;
    use crate::testing::TestRun;

    stream!(
        #[checkpoint]
        fn recent(words: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
            let recent = words.reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, 2s, 1s);
            recent.to(out);
        }
    );

    fn recorded() -> Recorded {
        let storage = MemoryStorage::new();
        let row = |words: &[&'static str]| words.iter().map(|word| (*word, 1u64)).collect();
        let batches: [Vec<_>; 3] = [row(&["old"]), row(&["to", "be", "to"]), row(&["be"])];
        let kept = storage.clone();
        let run = TestRun::new().partitions(2);
        run.run(
            |words, out| recent(words, out).checkpoint(kept.clone()),
            batches,
        );
        let (recovered, _) = crate::checkpoint::read(std::sync::Arc::new(storage)).unwrap();
        recovered.states["recent"].clone()
    }

    #[test]
    fn a_window_is_read_without_its_types() {
        let recorded = recorded();
        assert!(recorded.is_readable());
        let rows = recorded.rows().unwrap().into_iter();
        let rows: Vec<_> = rows.map(|(key, value)| format!("{key} {value}")).collect();
        let expected = [
            "\"be\" [{\"batch_ms\":2000,\"value\":1},{\"batch_ms\":3000,\"value\":1}]",
            "\"to\" [{\"batch_ms\":2000,\"value\":2}]",
        ];
        assert_eq!(rows, expected);
        assert_eq!(recorded.keys(), Ok(2));
    }

    #[test]
    fn damaged_windows_are_errors() {
        let whole = recorded();
        let mut rng = fastrand::Rng::with_seed(4);
        for _ in 0..20_000 {
            let mut damaged = whole.clone();
            let part = rng.usize(..damaged.parts.len());
            let part = &mut damaged.parts[part];
            for _ in 0..rng.usize(1..4) {
                let at = rng.usize(..part.len());
                part[at] = rng.u8(..);
            }
            let _ = damaged.rows();
        }
    }
}
