//! What an expert's loops share: a fast map, and how two threads share the work of a keyed batch.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

/// Keys to whatever an expert keeps in a map.
pub type Map<K, V> = hashbrown::HashMap<K, V, FixedState>;

/// The two halves of a map by a bit of the hash.
type Parts<K, V> = [Vec<(K, V)>; 2];

/// Two threads make a map of one half of the blocks each; then each merges one half of the keys, and
/// what `answer` says of the parts is added up.
pub fn merged<B, K, V>(
    blocks: &'static [B],
    map_of: impl Fn(&'static [B]) -> Map<K, V> + Sync,
    combine: impl Fn(V, V) -> V + Sync,
    answer: impl Fn(&Map<K, V>) -> u64 + Sync,
) -> u64
where
    B: Sync,
    K: Hash + Eq + Send,
    V: Copy + Send,
{
    let (first, second) = blocks.split_at(blocks.len() / 2);
    let ([a0, a1], [b0, b1]) = rayon::join(|| parts(map_of(first)), || parts(map_of(second)));
    let merge = |a: Vec<(K, V)>, b: Vec<(K, V)>| {
        let mut map: Map<K, V> = a.into_iter().collect();
        for (key, value) in b {
            map.entry(key)
                .and_modify(|total| *total = combine(*total, value))
                .or_insert(value);
        }
        answer(&map)
    };
    let (even, odd) = rayon::join(|| merge(a0, b0), || merge(a1, b1));
    even.wrapping_add(odd)
}

fn parts<K: Hash, V>(map: Map<K, V>) -> Parts<K, V> {
    let mut parts = [Vec::new(), Vec::new()];
    for (key, value) in map {
        let hash = FixedState::default().hash_one(&key);
        parts[(hash >> 40 & 1) as usize].push((key, value));
    }
    parts
}
