//! Where producers wait: for room, and for the rate at which records may come.

use crate::block::BlockSize;
use crate::clock::Signal;
use crate::receiver::failure::Stopped;
use crate::time::BatchTime;

use super::{Guard, Inbox, Intake, Locked};

/// Why there is no room for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::receiver) enum NoRoom {
    Full,
    /// Records come faster than they may: until this time, or until the limit is another one.
    Limited(Option<BatchTime>),
    Stopped,
}

impl<B: BlockSize, P> Inbox<B, P> {
    /// Waits until something of this weight may come in; and the time at which it does.
    pub(super) fn room<'a>(
        &'a self,
        mut state: Guard<'a, B, P>,
        weight: usize,
    ) -> Result<(Guard<'a, B, P>, BatchTime), Stopped> {
        loop {
            match state.room(weight) {
                Ok(now) => return Ok((state, now)),
                Err(NoRoom::Stopped) => return Err(Stopped),
                Err(reason) => state = self.wait_for_room(state, reason),
            }
        }
    }

    /// Waits until it is worth asking again.
    pub(super) fn wait_for_room<'a>(
        &'a self,
        state: Guard<'a, B, P>,
        reason: NoRoom,
    ) -> Guard<'a, B, P> {
        match reason {
            NoRoom::Limited(Some(until)) => self.wait_until(state, until),
            NoRoom::Limited(None) | NoRoom::Full | NoRoom::Stopped => self.wait(state),
        }
    }

    /// Waits for the job's clock, or for a change if that comes first.
    fn wait_until<'a>(&'a self, mut state: Guard<'a, B, P>, time: BatchTime) -> Guard<'a, B, P> {
        let Some(clock) = state.content.clock() else {
            return self.wait(state);
        };
        let awake = state.awake.get_or_insert_with(Signal::new).clone();
        drop(state);
        clock.wait_until(time, &awake);
        self.lock()
    }
}

impl<B: BlockSize, P> Locked<B, P> {
    /// Whether something of this weight may come in; and the time at which it does.
    pub(super) fn room(&mut self, weight: usize) -> Result<BatchTime, NoRoom> {
        match self.intake {
            Intake::Open if !self.content.has_room(weight) => Err(NoRoom::Full),
            Intake::Open => {
                let now = self.content.now();
                let limited = self.content.limit.check(now);
                limited.map(|()| now).map_err(NoRoom::Limited)
            }
            Intake::Ending if self.content.has_double_room() => Ok(self.content.now()),
            Intake::Ending | Intake::Closed => Err(NoRoom::Stopped),
        }
    }
}
