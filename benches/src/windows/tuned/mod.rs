//! The best that is known: a dictionary that stays gives keys dense numbers, so that a pane is a vector of
//! values by number, and a slide goes over vectors from end to end, without a look-up. With `rayon`, two
//! threads look up in one dictionary, which neither of them changes: keys that are not there are added when
//! both are done.

mod counts;
mod largest;

use super::LENGTH;
use super::hand::{Largest, WordsOfText, in_turn};
use crate::contest::{Times, timed_after};

/// Calls both, and if there are `threads` for it, at the same time.
fn both<A: Send, B: Send>(
    threads: usize,
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    match threads {
        1 => (a(), b()),
        _ => rayon::join(a, b),
    }
}

/// What the keys come to that keep a number, by their new numbers.
fn kept<T: Copy + Default>(numbers: &[u32], pane: &[T]) -> Vec<T> {
    let values = numbers.iter().map(|number| pane.get(*number as usize));
    values
        .map(|value| value.copied().unwrap_or_default())
        .collect()
}

pub(super) fn words(slides: u64, threads: usize) -> (u64, Times) {
    let (mut window, mut batches) = (counts::Window::default(), in_turn::<WordsOfText>());
    timed_after(LENGTH, slides, || {
        window.slide(batches.next().expect("batches never end"), threads)
    })
}

pub(super) fn maximum(slides: u64, threads: usize) -> (u64, Times) {
    let (mut window, mut batches) = (largest::Window::default(), in_turn::<Largest>());
    timed_after(LENGTH, slides, || {
        window.slide(batches.next().expect("batches never end"), threads)
    })
}
