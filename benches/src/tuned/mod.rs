//! What the tuned loops share: words that are numbers, a dictionary, and a way to ask for memory early.

mod dictionary;
mod words;

pub(crate) use dictionary::{Dictionary, GROUP, Key};
pub(crate) use words::{Word, split};

/// Has the cache line in which `value` begins brought into the cache, while nothing waits for it.
#[inline(always)]
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "the instruction has no safe form")]
pub(crate) fn prefetch<T>(value: &T) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    let place: *const T = value;
    // SAFETY: the instruction is a hint. It changes no value and does not fault, whatever address it is
    // given. Every x86-64 processor has it.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) }
}

/// Elsewhere nothing is asked for.
#[inline(always)]
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn prefetch<T>(_: &T) {}

/// Mixes two words into a hash: the halves of their product, folded.
#[inline(always)]
pub(crate) fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// The two halves of what two threads share.
pub(crate) fn halves<T>(whole: &[T]) -> (&[T], &[T]) {
    whole.split_at(whole.len() / 2)
}
