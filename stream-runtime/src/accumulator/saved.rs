//! Accumulators in checkpoints.

use super::{Accumulate, Accumulator};
use crate::broadcast::Broadcast;

/// An accumulator of any kind, as a checkpoint sees it.
pub trait Saved: Send {
    /// The name it was made with.
    fn name(&self) -> &str;

    /// What completed batches have added.
    ///
    /// # Errors
    ///
    /// When its value cannot be serialized.
    fn save(&self) -> postcard::Result<Vec<u8>>;

    /// Takes the place of what was added so far.
    ///
    /// # Errors
    ///
    /// When this is not what such an accumulator has saved.
    fn restore(&self, saved: &[u8]) -> postcard::Result<()>;
}

impl<A: Accumulate> Saved for Accumulator<A> {
    fn name(&self) -> &str {
        self.name()
    }

    fn save(&self) -> postcard::Result<Vec<u8>> {
        postcard::to_stdvec(&*self.total())
    }

    fn restore(&self, saved: &[u8]) -> postcard::Result<()> {
        *self.total() = postcard::from_bytes(saved)?;
        Ok(())
    }
}

/// A parameter that is neither an input nor a sink, and is shared by all tasks.
pub trait Shared {
    /// The accumulator that it is.
    fn saved(&self) -> Option<Box<dyn Saved>>;
}

impl<A: Accumulate> Shared for Accumulator<A> {
    fn saved(&self) -> Option<Box<dyn Saved>> {
        Some(Box::new(self.clone()))
    }
}

/// The program makes it anew whenever it starts.
impl<T: ?Sized> Shared for Broadcast<T> {
    fn saved(&self) -> Option<Box<dyn Saved>> {
        None
    }
}
