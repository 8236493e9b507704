//! Gathering: where no function makes one value of several.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::aggregate::Aggregate;

/// The values of a key in a batch, or in a window. Clones share them.
#[derive(Debug, PartialEq)]
pub struct Group<V>(Arc<Vec<V>>);

impl<V> Clone for Group<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<V> Group<V> {
    /// A single value.
    #[inline(always)]
    pub fn of(value: V) -> Self {
        Self(Arc::new(vec![value]))
    }
}

impl<V: Clone> Group<V> {
    /// One value more. Nothing is copied as long as there is no clone.
    #[inline(always)]
    pub fn with(mut self, value: V) -> Self {
        Arc::make_mut(&mut self.0).push(value);
        self
    }

    /// The values. Nothing is copied if there is no clone.
    pub fn into_values(self) -> Vec<V> {
        Arc::unwrap_or_clone(self.0)
    }
}

impl<V: Serialize> Serialize for Group<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_slice().serialize(serializer)
    }
}

impl<'d, V: Deserialize<'d>> Deserialize<'d> for Group<V> {
    fn deserialize<D: Deserializer<'d>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Arc::new(Vec::deserialize(deserializer)?)))
    }
}

/// Keeps the groups of the batches, and puts them one after the other when they are asked for.
///
/// Cost: constant for a group that enters or leaves; a result copies all values. Memory: a pointer
/// per group, which it shares with the pane.
#[derive(Debug)]
pub struct Groups;

impl<V: Clone + Send + Sync + 'static> Aggregate<Group<V>> for Groups {
    type Cell = VecDeque<Group<V>>;

    fn combine(&self, mut a: Group<V>, b: Group<V>) -> Group<V> {
        Arc::make_mut(&mut a.0).extend_from_slice(&b.0);
        a
    }

    fn cell(&self, _: u64) -> VecDeque<Group<V>> {
        VecDeque::new()
    }

    fn enter(&self, groups: &mut VecDeque<Group<V>>, _: u64, group: &Group<V>) {
        groups.push_back(group.clone());
    }

    fn leave(&self, groups: &mut VecDeque<Group<V>>, _: u64, _: &Group<V>) {
        groups.pop_front();
    }

    fn result(&self, groups: &mut VecDeque<Group<V>>, _: u64) -> Option<Group<V>> {
        let len = groups.iter().map(|group| group.0.len()).sum();
        let mut values = Vec::with_capacity(len);
        for group in groups.iter() {
            values.extend_from_slice(&group.0);
        }
        (len > 0).then(|| Group(Arc::new(values)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::check;

    #[test]
    fn groups_are_those_of_the_window() {
        let value = |rng: &mut fastrand::Rng| Group::of(rng.u8(..));
        let combine = |a, b| Groups.combine(a, b);
        check::against_naive(&Groups, value, combine);
    }
}
