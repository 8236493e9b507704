//! Single records and short texts, which are gathered into blocks.

use crate::block::{BlockSize, Rows, Text};
use crate::receiver::failure::Stopped;

use super::{Inbox, NoRoom};

/// A text shorter than this is put behind the one before it instead of being a block of its own.
const SMALL_TEXT: usize = 64 * 1024;

impl<T: Send + Sync + 'static, P> Inbox<Rows<T>, P> {
    /// Adds a record to the open block, when there is room for it; gives it back if there is none.
    pub(in crate::receiver) fn push(&self, record: T, may_wait: bool) -> Result<(), (NoRoom, T)> {
        let mut state = self.lock();
        let weight = state.content.weigh_records::<T>(1);
        let now = loop {
            match state.room(weight) {
                Ok(now) => break now,
                Err(reason) if !may_wait || reason == NoRoom::Stopped => {
                    return Err((reason, record));
                }
                Err(reason) => state = self.wait_for_room(state, reason),
            }
        };
        state.content.limit.take(|| 1);
        let new = || Rows(Vec::new());
        state
            .content
            .grow(now, None, new, |rows| rows.0.push(record));
        if may_wait {
            self.added(state);
        }
        Ok(())
    }

    /// Adds records to the open block, when there is room for all of them; in several steps if there
    /// are more than may come at once.
    pub(in crate::receiver) fn push_many(&self, mut records: Vec<T>) -> Result<(), Stopped> {
        while !records.is_empty() {
            let state = self.lock();
            let at_once = state.content.limit.at_once().unwrap_or(records.len());
            let at_once = at_once.min(records.len());
            let rest = records.split_off(at_once);
            let weight = state.content.weigh_records::<T>(at_once);
            let (mut state, now) = self.room(state, weight)?;
            state.content.limit.take(|| at_once);
            let new = || Rows(Vec::new());
            let add = |rows: &mut Rows<T>| rows.0.append(&mut records);
            state.content.grow(now, None, new, add);
            self.added(state);
            records = rest;
        }
        Ok(())
    }
}

impl<P> Inbox<Text, P> {
    /// Stores a text: as a block if it is large, else in the open block.
    pub(in crate::receiver) fn store_text(
        &self,
        text: Text,
        position: Option<P>,
    ) -> Result<(), Stopped> {
        if text.bytes() >= SMALL_TEXT {
            return self.store(text, position);
        }
        let records = || text.count_records();
        self.grow_text(text.bytes(), records, position, |open| open.append(&text))
    }

    /// Adds a line to the open block.
    pub(in crate::receiver) fn push_line(&self, line: &str) -> Result<(), Stopped> {
        self.grow_text(line.len() + 1, || 1, None, |open| open.push_line(line))
    }

    fn grow_text(
        &self,
        weight: usize,
        records: impl FnOnce() -> usize,
        position: Option<P>,
        add: impl FnOnce(&mut Text),
    ) -> Result<(), Stopped> {
        let (mut state, now) = self.room(self.lock(), weight)?;
        state.content.limit.take(records);
        state.content.grow(now, position, || Text::from(""), add);
        self.added(state);
        Ok(())
    }
}
