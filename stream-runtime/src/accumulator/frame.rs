//! What a task adds, kept aside until it is known whether it counts.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;

use super::{Accumulate, Accumulator};

thread_local! {
    /// The frames of the tasks under way on this thread, the present one last. A task may start
    /// another on its own thread while it waits.
    static FRAMES: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) };
}

/// What one task added.
#[derive(Default)]
pub(crate) struct Frame {
    parts: Vec<Box<dyn Part>>,
}

impl Frame {
    /// Runs `task` with a new frame, and hands back what it added, unless it unwinds.
    pub(crate) fn record<O>(task: impl FnOnce() -> O) -> (O, Self) {
        let open = OpenFrame::new();
        let out = task();
        (out, open.close())
    }

    /// Hands what was added to the task that waits for this one on the present thread; without
    /// such a task it counts.
    pub(crate) fn commit(self) {
        self.parts.into_iter().for_each(Part::commit);
    }

    fn part<A: Accumulate>(&mut self, accumulator: &Accumulator<A>) -> &mut A {
        let id = accumulator.inner.id;
        let at = self
            .parts
            .iter()
            .position(|part| part.id() == id)
            .unwrap_or_else(|| {
                self.parts.push(Box::new(PartOf {
                    accumulator: accumulator.clone(),
                    added: A::default(),
                }));
                self.parts.len() - 1
            });
        let part: &mut dyn Any = self.parts[at].as_any();
        let part: &mut PartOf<A> = part
            .downcast_mut()
            .expect("an id belongs to one accumulator");
        &mut part.added
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("accumulators", &self.parts.len())
            .finish()
    }
}

/// Changes what the task under way on this thread has added to `accumulator`; outside tasks, the
/// total itself.
#[inline]
pub(super) fn update<A: Accumulate>(accumulator: &Accumulator<A>, change: impl FnOnce(&mut A)) {
    FRAMES.with_borrow_mut(|frames| match frames.last_mut() {
        Some(frame) => change(frame.part(accumulator)),
        None => change(&mut accumulator.total()),
    });
}

/// A frame on this thread's stack; taken off when dropped, so that a panic cannot leave it there.
struct OpenFrame;

impl OpenFrame {
    fn new() -> Self {
        FRAMES.with_borrow_mut(|frames| frames.push(Frame::default()));
        Self
    }

    fn close(self) -> Frame {
        std::mem::forget(self);
        Self::take()
    }

    fn take() -> Frame {
        FRAMES.with_borrow_mut(|frames| frames.pop().unwrap_or_default())
    }
}

impl Drop for OpenFrame {
    fn drop(&mut self) {
        drop(Self::take());
    }
}

/// What a task added to one accumulator.
trait Part: Send {
    fn id(&self) -> usize;
    fn as_any(&mut self) -> &mut dyn Any;
    fn commit(self: Box<Self>);
}

struct PartOf<A: Accumulate> {
    accumulator: Accumulator<A>,
    added: A,
}

impl<A: Accumulate> Part for PartOf<A> {
    fn id(&self) -> usize {
        self.accumulator.inner.id
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn commit(self: Box<Self>) {
        let Self { accumulator, added } = *self;
        update(&accumulator, |into| into.merge(added));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accumulator::Sum;

    #[test]
    fn what_a_failed_task_added_is_forgotten() {
        let sum = Accumulator::<Sum<u64>>::named("sum");
        let failed = std::panic::catch_unwind(|| {
            Frame::record(|| {
                sum.add(100);
                panic!("after adding");
            })
        });
        assert!(failed.is_err());
        let ((), frame) = Frame::record(|| sum.add(1));
        assert_eq!(sum.value(), 0, "not before the batch is committed");
        frame.commit();
        assert_eq!(sum.value(), 1);
    }

    #[test]
    fn a_task_within_a_task_counts_with_it() {
        let sum = Accumulator::<Sum<u64>>::named("sum");
        let ((), outer) = Frame::record(|| {
            sum.add(1);
            let ((), inner) = Frame::record(|| sum.add(10));
            inner.commit();
        });
        assert_eq!(sum.value(), 0, "the outer task is not committed");
        outer.commit();
        assert_eq!(sum.value(), 11);
    }
}
