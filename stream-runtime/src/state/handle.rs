//! What a user's function sees of the state of a key.

/// The state of one key, as the function of [`map_with_state`](crate::Stream::map_with_state) sees
/// it.
///
/// What Spark answers with an exception is a panic here, which fails the batch and names the
/// operator: each has a method that asks before.
#[derive(Debug)]
pub struct State<'s, S> {
    place: Place<'s, S>,
    existed: bool,
    is_updated: bool,
    is_timing_out: bool,
}

#[derive(Debug)]
enum Place<'s, S> {
    Absent,
    There(&'s mut S),
    New(S),
    Removed,
}

/// What became of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome<S> {
    /// It was at most looked at.
    Same,
    /// It is another one.
    Updated,
    /// There is one where there was none.
    New(S),
    /// It is to be forgotten.
    Removed,
}

impl<'s, S> State<'s, S> {
    /// The state of a key that is there, or not.
    pub(crate) fn of(state: Option<&'s mut S>) -> Self {
        Self {
            existed: state.is_some(),
            place: state.map_or(Place::Absent, Place::There),
            is_updated: false,
            is_timing_out: false,
        }
    }

    /// The state of a key that times out.
    pub(crate) fn timing_out(state: &'s mut S) -> Self {
        Self {
            is_timing_out: true,
            ..Self::of(Some(state))
        }
    }

    pub(crate) fn into_outcome(self) -> Outcome<S> {
        match self.place {
            Place::Removed if self.existed => Outcome::Removed,
            Place::New(state) => Outcome::New(state),
            Place::There(_) if self.is_updated => Outcome::Updated,
            Place::There(_) | Place::Absent | Place::Removed => Outcome::Same,
        }
    }

    /// Whether there is a state.
    #[inline(always)]
    pub fn exists(&self) -> bool {
        self.get_option().is_some()
    }

    /// The state.
    ///
    /// # Panics
    ///
    /// When there is none: see [`exists`](Self::exists) and [`get_option`](Self::get_option).
    #[inline(always)]
    #[track_caller]
    pub fn get(&self) -> &S {
        match self.get_option() {
            Some(state) => state,
            None => panic!("this key has no state; `get_option` asks whether it has one"),
        }
    }

    /// The state, if there is one.
    #[inline(always)]
    pub fn get_option(&self) -> Option<&S> {
        match &self.place {
            Place::There(state) => Some(state),
            Place::New(state) => Some(state),
            Place::Absent | Place::Removed => None,
        }
    }

    /// The state, if there is one, to be changed where it is. It counts as updated.
    ///
    /// # Panics
    ///
    /// When the key is timing out.
    #[inline(always)]
    #[track_caller]
    pub fn get_mut(&mut self) -> Option<&mut S> {
        self.check_stays("changed");
        match &mut self.place {
            Place::There(state) => {
                self.is_updated = true;
                Some(state)
            }
            Place::New(state) => Some(state),
            Place::Absent | Place::Removed => None,
        }
    }

    /// The state, to be changed where it is, and `first` if there is none yet.
    ///
    /// # Panics
    ///
    /// When the key is timing out, or its state was removed in the same call.
    #[inline(always)]
    #[track_caller]
    pub fn get_or_insert(&mut self, first: S) -> &mut S {
        self.check_can_update();
        if matches!(self.place, Place::Absent) {
            self.place = Place::New(first);
        }
        self.is_updated = true;
        match &mut self.place {
            Place::There(state) => state,
            Place::New(state) => state,
            Place::Absent | Place::Removed => unreachable!("it was just put there"),
        }
    }

    /// Makes `state` the state of the key.
    ///
    /// # Panics
    ///
    /// When the key is timing out, or its state was removed in the same call.
    #[inline(always)]
    #[track_caller]
    pub fn update(&mut self, state: S) {
        self.check_can_update();
        match &mut self.place {
            Place::There(place) => **place = state,
            place => *place = Place::New(state),
        }
        self.is_updated = true;
    }

    /// Forgets the key. The next record of it finds no state.
    ///
    /// # Panics
    ///
    /// When the key is timing out, which forgets it anyway, or was removed in the same call.
    #[inline(always)]
    #[track_caller]
    pub fn remove(&mut self) {
        self.check_stays("removed");
        assert!(
            !matches!(self.place, Place::Removed),
            "the state of this key was removed before in the same call"
        );
        self.place = Place::Removed;
    }

    /// Whether this is the last call for a key that was not touched for too long. There is no value
    /// then, and the state can be read, but not changed.
    #[inline(always)]
    pub fn is_timing_out(&self) -> bool {
        self.is_timing_out
    }

    #[track_caller]
    fn check_can_update(&self) {
        self.check_stays("updated");
        assert!(
            !matches!(self.place, Place::Removed),
            "the state of this key was removed in the same call and cannot be updated after that"
        );
    }

    #[track_caller]
    fn check_stays(&self, what: &str) {
        assert!(
            !self.is_timing_out,
            "this key is timing out, so its state cannot be {what}; `is_timing_out` asks whether it is"
        );
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    fn message(work: impl FnOnce()) -> String {
        let caught = catch_unwind(AssertUnwindSafe(work)).expect_err("it panics");
        crate::site::panic_message(&*caught)
    }

    #[test]
    fn a_state_can_be_read_updated_and_removed() {
        let mut kept = 5;
        let mut state = State::of(Some(&mut kept));
        assert!(state.exists() && *state.get() == 5 && state.get_option() == Some(&5));
        state.update(6);
        *state.get_or_insert(0) += 1;
        assert_eq!(state.into_outcome(), Outcome::Updated);
        assert_eq!(kept, 7);
        assert_eq!(State::of(Some(&mut kept)).into_outcome(), Outcome::Same);
        let mut state = State::of(Some(&mut kept));
        state.remove();
        assert!(!state.exists() && state.get_mut().is_none());
        assert_eq!(state.into_outcome(), Outcome::Removed);
    }

    #[test]
    fn a_new_key_has_a_state_once_it_is_updated() {
        let mut state = State::of(None);
        assert!(!state.exists() && state.get_option().is_none());
        *state.get_or_insert(1) += 1;
        assert_eq!(state.get_mut(), Some(&mut 2));
        assert_eq!(state.into_outcome(), Outcome::New(2));
        assert_eq!(State::<u8>::of(None).into_outcome(), Outcome::Same);
        let mut state = State::of(None);
        state.update(1);
        state.remove();
        assert_eq!(state.into_outcome(), Outcome::Same); // as if it had never been
    }

    #[test]
    fn what_cannot_be_says_so() {
        let absent = message(|| _ = State::<u8>::of(None).get());
        assert!(absent.starts_with("this key has no state"), "{absent}");
        let twice = message(|| {
            let (mut kept, mut state);
            kept = 1;
            state = State::of(Some(&mut kept));
            state.remove();
            state.remove();
        });
        assert!(twice.contains("removed before in the same call"), "{twice}");
        let after = message(|| {
            let mut kept = 1;
            let mut state = State::of(Some(&mut kept));
            state.remove();
            state.update(2);
        });
        assert!(after.contains("cannot be updated after that"), "{after}");
    }

    #[test]
    fn a_key_that_times_out_can_only_be_read() {
        let mut kept = 1;
        let state = State::timing_out(&mut kept);
        assert!(state.is_timing_out() && *state.get() == 1);
        let changes: [fn(&mut State<'_, u8>); 3] =
            [|s| s.update(2), |s| s.remove(), |s| _ = s.get_mut()];
        for change in changes {
            let text = message(|| change(&mut State::timing_out(&mut 1)));
            assert!(text.starts_with("this key is timing out"), "{text}");
        }
    }
}
