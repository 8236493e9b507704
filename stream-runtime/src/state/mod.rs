//! What outlives a batch: the state of the operators that remember.
//!
//! An operator that remembers has one state for all of its partitions. Between batches it lies in a
//! slot of the job, under the name of the operator's `let`. The batch function opens the slot and
//! hands each part of the state to the task of its partition; after a batch that succeeded the driver
//! takes out what the batch has changed, for the journal.

mod ages;
mod bits;
mod change;
mod codec;
mod dictionary;
mod draft;
mod entries;
mod handle;
mod index;
mod keyed;
mod partitioned;
mod recorded;
mod region;
#[cfg(feature = "launcher")]
mod rows;
mod slab;
mod slots;
mod spec;
mod table;
mod tags;

use std::any::Any;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use ages::Age;
pub(crate) use change::StateChange;
pub(crate) use codec::{Reader, write};
pub(crate) use dictionary::Dictionary;
pub(crate) use draft::Draft;
pub use handle::State;
pub(crate) use index::Ahead;
pub(crate) use keyed::{KeyedStates, Open};
pub(crate) use partitioned::{Part, Partitioned, Scope};
pub(crate) use recorded::{Recorded, StateShape, TABLE, WINDOW};
pub use slots::Slot;
pub(crate) use slots::States;
pub use spec::StateSpec;
pub(crate) use spec::{InitialRows, Limits};
pub(crate) use table::StateTable;

/// A value that can be kept from batch to batch and written to a checkpoint: a state, or what a
/// window holds.
///
/// It is implemented for everything that is `Clone`, `Send`, `Sync`, [`Serialize`] and
/// [`Deserialize`](serde::Deserialize), and that borrows nothing. A checkpoint writes a clone some time
/// later, so a clone must not change with the value: no `Arc<Mutex<_>>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept from batch to batch",
    label = "values of type `{Self}` are kept here",
    note = "on a type of your own put `#[derive(Clone, serde::Serialize, serde::Deserialize)]`; it must own what it holds: `String` instead of `&str`"
)]
pub trait Kept: Clone + Send + Sync + Serialize + DeserializeOwned + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static> Kept for T {}

/// A state that is written to a journal bit by bit, and made again from what was written.
///
/// A commit carries the *delta*, all that changed since the last one, and a slice of the *image*, the
/// whole state as it is then. When all slices have been written a *round* is complete. Whatever was
/// written since a round began, applied in its order to an empty state, makes the state again; so
/// all of it must be told by what is written, and a slice must hold everything that the delta of an
/// earlier round told and that is still there.
pub(crate) trait Checkpoint: Any + Send {
    /// What is written looks like this. A program whose state looks otherwise cannot take it in.
    fn shape(&self) -> StateShape {
        StateShape::default()
    }

    /// How large it is. It is asked after each batch, so it must be known without a look at the keys.
    fn size(&self) -> StateSize {
        StateSize::default()
    }

    /// Appends what changed since the last call.
    fn delta(&mut self, out: &mut Draft);

    /// Begins a round: the next slice is the first.
    fn begin_round(&mut self);

    /// Appends the next slice of the image, of about `bytes` or what is left; whether it was the last
    /// one. Nothing is appended once that was said.
    fn image(&mut self, out: &mut Draft, bytes: usize) -> bool;

    /// Takes in a delta or a slice.
    ///
    /// # Errors
    ///
    /// When it is not what this state writes. The state may then have taken in a part of it.
    fn apply(&mut self, part: &[u8]) -> Result<(), Malformed>;
}

/// How large a state is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StateSize {
    /// How many keys it has.
    pub keys: u64,
    /// About how much memory it takes up, in bytes, without what keys and values own elsewhere.
    pub bytes: u64,
}

impl StateSize {
    /// So many keys of so many bytes each.
    pub(crate) fn of_keys(keys: usize, bytes_each: usize) -> Self {
        Self {
            keys: keys as u64,
            bytes: (keys as u64).saturating_mul(bytes_each as u64),
        }
    }
}

impl std::iter::Sum for StateSize {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        sizes.fold(Self::default(), |all, one| Self {
            keys: all.keys + one.keys,
            bytes: all.bytes + one.bytes,
        })
    }
}

/// What was read is not what the state has written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

impl From<postcard::Error> for Malformed {
    fn from(error: postcard::Error) -> Self {
        Self(error.to_string())
    }
}
