//! Asks for memory before it is needed.

/// Has the cache lines in which `value` begins and ends brought into the cache. Nothing waits for it,
/// unlike for a value that is read: so many of them can be on their way at the same time.
#[inline(always)]
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[expect(unsafe_code, reason = "the instruction has no safe form")]
pub(crate) fn prefetch<T>(value: &T) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    let place: *const T = value;
    // SAFETY: the instruction is a hint. It changes no value and does not fault, whatever address it is
    // given; and these are within what a reference leads to. Every x86-64 processor has it.
    unsafe {
        _mm_prefetch::<_MM_HINT_T0>(place.cast());
        // Memory that was asked for begins at a multiple of 16, so what is not larger has one line.
        if size_of::<T>() > 16 && align_of::<T>() < 64 {
            _mm_prefetch::<_MM_HINT_T0>(place.cast::<i8>().add(size_of::<T>() - 1));
        }
    }
}

/// Elsewhere nothing is asked for.
#[inline(always)]
#[cfg(not(all(target_arch = "x86_64", not(miri))))]
pub(crate) fn prefetch<T>(_: &T) {}
