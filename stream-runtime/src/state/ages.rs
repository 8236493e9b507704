//! When each key was last touched, and which keys have not been touched for long.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::BatchTime;

/// What is known of when a key was last touched: a time, or nothing, where nobody asks.
pub trait Age: Copy + Send + Sync + 'static {
    /// Whether times are kept at all.
    const IS_KEPT: bool;

    /// Touched now.
    fn touched(now: BatchTime) -> Self;

    /// When the key was last touched; [`BatchTime::ZERO`] if that is not known.
    fn time(self) -> BatchTime;
}

impl Age for () {
    const IS_KEPT: bool = false;

    fn touched(_: BatchTime) {}

    fn time(self) -> BatchTime {
        BatchTime::ZERO
    }
}

impl Age for BatchTime {
    const IS_KEPT: bool = true;

    fn touched(now: BatchTime) -> Self {
        now
    }

    fn time(self) -> Self {
        self
    }
}

/// A state, and when its key was last touched.
///
/// It is written with a time in any case, so that a program may begin to ask for it: keys without
/// one count as touched when they are restored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Aged<S, A> {
    pub(crate) state: S,
    pub(crate) age: A,
}

/// What is written of it.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Aged")]
struct Written<S> {
    state: S,
    age: BatchTime,
}

impl<S: Serialize, A: Age> Serialize for Aged<S, A> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let (state, age) = (&self.state, self.age.time());
        Written { state, age }.serialize(serializer)
    }
}

impl<'b, S: Deserialize<'b>, A: Age> Deserialize<'b> for Aged<S, A> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { state, age } = Written::deserialize(deserializer)?;
        let age = A::touched(age);
        Ok(Self { state, age })
    }
}

/// The positions of a table by when they were last touched, so that the oldest are found without
/// looking at the others.
///
/// A position is on the list of the time at which it was noted. When it is touched again it stays
/// there: it is moved on only when its list comes up, which is once in as long as keys may be idle,
/// not at every touch. So touching a key costs nothing but writing the time to its entry.
///
/// Memory: four bytes and a bit for each position.
#[derive(Debug, Default)]
pub(super) struct Ages {
    lists: BTreeMap<BatchTime, Vec<u32>>,
    /// One bit for each position: whether it is on a list. None is on two.
    listed: Vec<u64>,
}

impl Ages {
    /// Notes a position that was touched at `time` and may be on no list.
    pub(super) fn note(&mut self, at: u32, time: BatchTime) {
        let (word, mask) = (at as usize / 64, 1 << (at % 64));
        if self.listed.len() <= word {
            self.listed.resize(word + 1, 0);
        }
        if self.listed[word] & mask == 0 {
            self.listed[word] |= mask;
            self.lists.entry(time).or_default().push(at);
        }
    }

    /// Takes out the positions that were touched before `limit` and not since, oldest first, those
    /// of one time in the order of the positions. `time_of` says when a position was last touched,
    /// if it is taken.
    pub(super) fn take_before(
        &mut self,
        limit: BatchTime,
        time_of: impl Fn(u32) -> Option<BatchTime>,
    ) -> Vec<u32> {
        let mut taken = Vec::new();
        while let Some(time) = self.first().filter(|time| *time < limit) {
            let oldest = self.sort_out(time, &time_of);
            self.forget(&oldest);
            taken.extend(oldest);
        }
        taken
    }

    /// Takes out so many positions, oldest first, as [`take_before`](Self::take_before).
    pub(super) fn take_oldest(
        &mut self,
        count: usize,
        time_of: impl Fn(u32) -> Option<BatchTime>,
    ) -> Vec<u32> {
        let mut taken = Vec::new();
        while let (true, Some(time)) = (taken.len() < count, self.first()) {
            let mut oldest = self.sort_out(time, &time_of);
            let rest = oldest.split_off(oldest.len().min(count - taken.len()));
            if !rest.is_empty() {
                self.lists.insert(time, rest);
            }
            self.forget(&oldest);
            taken.extend(oldest);
        }
        taken
    }

    fn first(&self) -> Option<BatchTime> {
        self.lists.first_key_value().map(|(time, _)| *time)
    }

    /// Takes up the list of a time. What was touched since goes where it belongs now; the others
    /// are given in their order.
    fn sort_out(
        &mut self,
        time: BatchTime,
        time_of: impl Fn(u32) -> Option<BatchTime>,
    ) -> Vec<u32> {
        let mut list = self.lists.remove(&time).unwrap_or_default();
        list.retain(|&at| match time_of(at) {
            None => {
                self.forget(&[at]);
                false
            }
            Some(touched) if touched > time => {
                self.lists.entry(touched).or_default().push(at);
                false
            }
            Some(_) => true,
        });
        list.sort_unstable();
        list
    }

    fn forget(&mut self, positions: &[u32]) {
        for at in positions {
            self.listed[*at as usize / 64] &= !(1 << (at % 64));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: u64) -> BatchTime {
        BatchTime::from_millis(ms)
    }

    /// Positions with the time of their last touch.
    struct Keys {
        ages: Ages,
        times: BTreeMap<u32, BatchTime>,
    }

    impl Keys {
        fn touch(&mut self, key: u32, time: BatchTime) {
            self.ages.note(key, time);
            self.times.insert(key, time);
        }

        fn before(&mut self, limit: BatchTime) -> Vec<u32> {
            self.ages
                .take_before(limit, |key| self.times.get(&key).copied())
        }

        fn oldest(&mut self, count: usize) -> Vec<u32> {
            self.ages
                .take_oldest(count, |key| self.times.get(&key).copied())
        }
    }

    fn keys() -> Keys {
        let mut keys = Keys {
            ages: Ages::default(),
            times: BTreeMap::new(),
        };
        [7, 3, 70, 5]
            .into_iter()
            .for_each(|key| keys.touch(key, at(1)));
        keys.touch(3, at(4));
        keys.touch(8, at(2));
        keys
    }

    #[test]
    fn what_was_not_touched_for_long_is_taken_once() {
        let mut keys = keys();
        assert!(keys.before(at(1)).is_empty());
        assert_eq!(keys.before(at(3)), [5, 7, 70, 8]);
        assert!(keys.before(at(4)).is_empty());
        assert_eq!(keys.before(at(5)), [3]);
        assert!(keys.before(at(100)).is_empty());
    }

    #[test]
    fn the_oldest_are_taken_whatever_was_touched_since() {
        let mut keys = keys();
        assert_eq!(keys.oldest(2), [5, 7]);
        keys.touch(70, at(6));
        assert_eq!(keys.oldest(2), [8, 3]);
        assert_eq!(keys.oldest(2), [70]);
    }

    #[test]
    fn a_position_that_is_used_again_is_on_one_list() {
        let mut keys = keys();
        for time in 5..1_000 {
            keys.times.remove(&7);
            keys.touch(7, at(time));
        }
        let noted: usize = keys.ages.lists.values().map(Vec::len).sum();
        assert_eq!(noted, 5);
        assert_eq!(keys.before(at(999)), [5, 70, 8, 3]);
        assert_eq!(keys.before(at(1_000)), [7]);
    }
}
