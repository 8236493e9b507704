//! The slots in which states lie between batches.

use std::any::{Any, type_name};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Checkpoint, Recorded};
use crate::error::Failure;
use crate::site::Site;
use crate::time::BatchTime;

/// The states of a job, in the order of its plan.
#[derive(Debug, Default)]
pub(crate) struct States {
    slots: Vec<Mutex<Inner>>,
}

/// The state of one operator, for the length of a batch.
#[derive(Debug)]
pub struct Slot<'j> {
    inner: MutexGuard<'j, Inner>,
}

struct Inner {
    name: &'static str,
    /// What was recovered, until the batch function says what state it belongs to.
    recovered: Recorded,
    state: Option<Box<dyn Checkpoint>>,
    /// A time that the operator has left for its next batch.
    left: Option<BatchTime>,
}

impl States {
    /// Empty slots for the operators that remember.
    pub(crate) fn new(names: impl Iterator<Item = &'static str>) -> Self {
        let slots = names.map(|name| {
            Mutex::new(Inner {
                name,
                recovered: Recorded::default(),
                state: None,
                left: None,
            })
        });
        Self {
            slots: slots.collect(),
        }
    }

    /// The slot of the operator of this number.
    pub(crate) fn open(&self, number: usize) -> Slot<'_> {
        let inner = self.slots[number].lock();
        Slot {
            inner: inner.unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Whether no operator remembers.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Each state that has been opened, with its name.
    pub(crate) fn for_each(&self, mut f: impl FnMut(&'static str, &mut dyn Checkpoint)) {
        for number in 0..self.slots.len() {
            let slot = &mut *self.open(number).inner;
            if let Some(state) = &mut slot.state {
                f(slot.name, &mut **state);
            }
        }
    }

    /// Throws all states away. They are made again from what `recorded` gives for each name: what was
    /// written since the last complete round began.
    pub(crate) fn restore(&self, mut recorded: impl FnMut(&str) -> Recorded) {
        for number in 0..self.slots.len() {
            let slot = &mut *self.open(number).inner;
            slot.state = None;
            slot.left = None;
            slot.recovered = recorded(slot.name);
        }
    }
}

impl Slot<'_> {
    /// Whether the state is neither there nor to be restored.
    pub(crate) fn is_new(&self) -> bool {
        self.inner.state.is_none() && self.inner.recovered.parts.is_empty()
    }

    /// Leaves a time for the next batch, where it is known before the state is opened. It is gone when
    /// states are restored.
    pub(crate) fn leave(&mut self, time: BatchTime) {
        self.inner.left = Some(time);
    }

    /// The time that the last batch has left.
    pub(crate) fn left(&self) -> Option<BatchTime> {
        self.inner.left
    }

    /// The state of the operator at `site`. The first time it is made, and takes in what was
    /// recovered.
    ///
    /// # Errors
    ///
    /// When what was recovered is not of such a state.
    pub(crate) fn state<T: Checkpoint>(
        &mut self,
        site: Site,
        make: impl FnOnce() -> T,
    ) -> Result<&mut T, Failure> {
        let Inner {
            name,
            recovered,
            state,
            ..
        } = &mut *self.inner;
        if state.is_none() {
            let mut new = make();
            let restored = restore(name, &mut new, recovered);
            restored.map_err(|message| Failure::State { site, message })?;
            *recovered = Recorded::default();
            *state = Some(Box::new(new));
        }
        let state: Option<&mut dyn Any> = state.as_deref_mut().map(|state| state as &mut dyn Any);
        let state = state.and_then(|state| state.downcast_mut());
        Ok(state.unwrap_or_else(|| panic!("the slot `{name}` holds no {}", type_name::<T>())))
    }
}

fn restore(name: &str, state: &mut dyn Checkpoint, recorded: &Recorded) -> Result<(), String> {
    if recorded.parts.is_empty() {
        return Ok(());
    }
    let shape = state.shape();
    if !shape.reads(&recorded.shape) {
        return Err(format!(
            "the checkpoint has the state `{name}` as a {}, and the program has it as a {shape}",
            recorded.shape
        ));
    }
    let mut parts = recorded.parts.iter();
    let applied = parts.try_for_each(|part| state.apply(part));
    applied.map_err(|error| format!("the state `{name}` cannot be restored: {error}"))
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot")
            .field("name", &self.name)
            .field("is_open", &self.state.is_some())
            .finish_non_exhaustive()
    }
}
