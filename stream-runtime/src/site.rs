//! Where an operator stands in the user's source, and how a panic finds its operator.

use std::cell::Cell;
use std::fmt;
use std::panic::Location;

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// An operator of a pipeline: its name, and the line that calls it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Site {
    operator: &'static str,
    location: &'static Location<'static>,
}

impl Site {
    /// The site of the call that is being made: for `#[track_caller]` typing methods.
    #[track_caller]
    pub fn here(operator: &'static str) -> Self {
        Self {
            operator,
            location: Location::caller(),
        }
    }

    /// Moves the site to the line of the call that is being made: for generated code, whose calls
    /// of typing methods do not all count as the user's.
    #[track_caller]
    pub fn stand_here(&mut self) {
        self.location = Location::caller();
    }

    /// The operator's name.
    pub fn operator(&self) -> &'static str {
        self.operator
    }

    /// The file, line and column of the call.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }

    /// Marks the start of work for this operator. If that work unwinds, the innermost site that
    /// was entered and not left takes the blame; on the straight path this costs nothing, since
    /// `Entered::leave` forgets the guard.
    #[inline(always)]
    pub fn enter(&self) -> Entered<'_> {
        Entered { site: self }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` at {}:{}",
            self.operator,
            self.location.file(),
            self.location.line()
        )
    }
}

/// The operator, the file and the line.
impl Serialize for Site {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut site = serializer.serialize_struct("Site", 3)?;
        site.serialize_field("operator", self.operator)?;
        site.serialize_field("file", self.location.file())?;
        site.serialize_field("line", &self.location.line())?;
        site.end()
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Work that is under way for a [`Site`].
#[derive(Debug)]
#[must_use = "call `leave` when the operator's work is done"]
pub struct Entered<'s> {
    site: &'s Site,
}

impl Entered<'_> {
    /// The work is done.
    #[inline(always)]
    pub fn leave(self) {
        std::mem::forget(self);
    }
}

impl Drop for Entered<'_> {
    // Inlined, so that the guard never needs a place in memory.
    #[inline(always)]
    fn drop(&mut self) {
        blame(self.site);
    }
}

#[cold]
#[inline(never)]
fn blame(site: &Site) {
    // Outer operators unwind later; the first to get here is the innermost.
    if BLAMED.get().is_none() {
        BLAMED.set(Some(*site));
    }
}

thread_local! {
    static BLAMED: Cell<Option<Site>> = const { Cell::new(None) };
}

/// Takes the site that was blamed for the last unwinding on this thread.
pub(crate) fn take_blamed() -> Option<Site> {
    BLAMED.take()
}

/// The text of a panic.
pub(crate) fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic without a text".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_operator_takes_the_blame() {
        let (outer, inner) = (Site::here("flat_map"), Site::here("map"));
        let caught = std::panic::catch_unwind(|| {
            let _outer = outer.enter();
            let _inner = inner.enter();
            panic!("no");
        });
        assert_eq!(panic_message(&*caught.unwrap_err()), "no");
        assert_eq!(take_blamed().unwrap().operator(), "map");
        assert!(take_blamed().is_none());
    }
}
