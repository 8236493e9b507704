//! What every way of a workload must agree on: a sum of items, whatever their order.

/// The finalizer of splitmix64: a bijection that spreads every bit.
pub fn mix64(z: u64) -> u64 {
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// A piece of an answer. The order of the pieces does not matter to their wrapping sum.
pub fn item(key: u64, value: u64) -> u64 {
    mix64(key ^ mix64(value))
}

/// The hash by which words enter an answer.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The wrapping sum of items.
pub fn sum(items: impl Iterator<Item = u64>) -> u64 {
    items.fold(0, u64::wrapping_add)
}
