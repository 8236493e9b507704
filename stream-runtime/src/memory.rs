//! What becomes of memory that is freed.

/// Has the process keep the memory that it frees, for the next batch, instead of giving it back to the
/// system.
///
/// A batch frees most of what it needed, and the next one needs as much again. The allocator of glibc
/// gives large pieces back at once by default, and the system hands them out again page by page, each
/// filled with zeros first: of a batch of a million records that may be half of its time. How much that
/// is for some pipelines stands in the benchmarks of the project. The price is that the process stays as
/// large as it once was.
///
/// A [`Launcher`](crate::Launcher) calls this before it runs a job. Where a [`Job`](crate::Job) is run
/// without one, as in a benchmark, `main` may call it, before there are other threads. It says whether it
/// had an effect, which it has only with the allocator of glibc, and only if the environment does not say
/// how that is to do it: `MALLOC_TRIM_THRESHOLD_=131072` leaves it at its default.
///
/// # Examples
///
/// ```
/// stream_runtime::keep_freed_memory();
/// // … and then time some batches.
/// ```
pub fn keep_freed_memory() -> bool {
    let is_set = |name: &&str| std::env::var_os(name).is_some();
    !SETTINGS.iter().any(is_set) && raise_thresholds()
}

/// The variables by which users of glibc say what is to become of memory.
const SETTINGS: [&str; 4] = [
    "GLIBC_TUNABLES",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_TOP_PAD_",
    "MALLOC_TRIM_THRESHOLD_",
];

#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
#[expect(unsafe_code, reason = "a call to the C library")]
fn raise_thresholds() -> bool {
    /// The most that older versions of glibc take.
    const MMAP_THRESHOLD_MAX: i32 = 32 << 20;
    /// What threads allocate is in heaps of this size. A heap in which nothing is left goes back to the
    /// system, whatever the threshold, unless more than a heap is to be kept in reserve.
    const HEAP: i32 = 64 << 20;
    // SAFETY: `mallopt` takes any numbers and says by its result which it does not accept; what it changes
    // it changes under the lock of the allocator. Every version of glibc has it.
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX) != 0
            && libc::mallopt(libc::M_TOP_PAD, HEAP) != 0
            && (libc::mallopt(libc::M_MMAP_THRESHOLD, i32::MAX) != 0
                || libc::mallopt(libc::M_MMAP_THRESHOLD, MMAP_THRESHOLD_MAX) != 0)
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu", not(miri))))]
fn raise_thresholds() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_an_effect_where_nobody_says_otherwise() {
        let is_glibc = cfg!(all(target_os = "linux", target_env = "gnu", not(miri)));
        let is_set = SETTINGS.iter().any(|name| std::env::var_os(name).is_some());
        assert_eq!(keep_freed_memory(), is_glibc && !is_set);
    }
}
