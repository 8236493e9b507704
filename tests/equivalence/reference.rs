//! What the references share: the keyed operators, as one would write them without a thought of speed.

use std::collections::{BTreeMap, BTreeSet};

/// The values of each key, in their order.
pub(crate) fn grouped<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, Vec<V>> {
    let mut groups = BTreeMap::<K, Vec<V>>::new();
    for (key, value) in pairs {
        groups.entry(key).or_default().push(value);
    }
    groups
}

/// The values of each key, combined.
pub(crate) fn reduced<K: Ord, V>(
    pairs: impl IntoIterator<Item = (K, V)>,
    combine: impl Fn(V, V) -> V,
) -> Vec<(K, V)> {
    let groups = grouped(pairs).into_iter();
    groups
        .filter_map(|(key, values)| Some((key, values.into_iter().reduce(&combine)?)))
        .collect()
}

/// The values of each key, added up.
pub(crate) fn summed<K: Ord>(pairs: impl IntoIterator<Item = (K, u64)>) -> Vec<(K, u64)> {
    reduced(pairs, |a, b| a + b)
}

/// How often each record occurs.
pub(crate) fn counted<K: Ord>(records: impl IntoIterator<Item = K>) -> Vec<(K, u64)> {
    summed(records.into_iter().map(|record| (record, 1)))
}

/// Each record once.
pub(crate) fn distinct<T: Ord>(records: impl IntoIterator<Item = T>) -> Vec<T> {
    records
        .into_iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// The groups of both sides, for each key that either has.
pub(crate) fn cogrouped<K: Ord + Clone, V: Clone, W: Clone>(
    left: &[(K, V)],
    right: &[(K, W)],
) -> Vec<(K, (Vec<V>, Vec<W>))> {
    let (mut lefts, mut rights) = (grouped(left.to_vec()), grouped(right.to_vec()));
    let keys: BTreeSet<K> = lefts.keys().chain(rights.keys()).cloned().collect();
    let rows = keys.into_iter().map(|key| {
        let values = (lefts.remove(&key), rights.remove(&key));
        (
            key,
            (values.0.unwrap_or_default(), values.1.unwrap_or_default()),
        )
    });
    rows.collect()
}

/// The full outer join. The others are parts of it.
pub(crate) fn fully_joined<K: Ord + Clone, V: Clone, W: Clone>(
    left: &[(K, V)],
    right: &[(K, W)],
) -> Vec<(K, (Option<V>, Option<W>))> {
    let mut rows = Vec::new();
    for (key, (lefts, rights)) in cogrouped(left, right) {
        for left in or_none(&lefts) {
            for right in or_none(&rights) {
                rows.push((key.clone(), (left.clone(), right)));
            }
        }
    }
    rows
}

/// The inner join.
pub(crate) fn joined<K: Ord + Clone, V: Clone, W: Clone>(
    left: &[(K, V)],
    right: &[(K, W)],
) -> Vec<(K, (V, W))> {
    let rows = fully_joined(left, right).into_iter();
    rows.filter_map(|(key, (left, right))| Some((key, (left?, right?))))
        .collect()
}

fn or_none<V: Clone>(values: &[V]) -> Vec<Option<V>> {
    match values {
        [] => vec![None],
        _ => values.iter().cloned().map(Some).collect(),
    }
}
