//! A connection to a flaky source.

use std::collections::VecDeque;
use std::fmt;
use std::io;

use super::Flaky;
use super::lies::Read;

/// A connection to a [`Flaky`] server, which sends until it is cut.
pub struct Connection<T> {
    server: Flaky<T>,
    /// The number to be sent after those that wait.
    next: u64,
    waiting: VecDeque<u64>,
    is_cut: bool,
}

/// A record as it comes from a [`Flaky`] server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery<T> {
    /// Which one it is, counted from zero.
    pub number: u64,
    /// The record.
    pub record: T,
}

impl<T> Connection<T> {
    pub(super) fn new(server: Flaky<T>, next: u64) -> Self {
        Self {
            server,
            next,
            waiting: VecDeque::new(),
            is_cut: false,
        }
    }
}

impl<T: Clone> Connection<T> {
    /// The next packet of a few records; an empty one when there is nothing for now, and `None` after
    /// the last record. Does not wait.
    ///
    /// # Errors
    ///
    /// When the connection is cut, from then on.
    pub fn read(&mut self) -> io::Result<Option<Vec<Delivery<T>>>> {
        let (records, mut state) = (&self.server.records, self.server.state());
        let at_most = match state.lies.read() {
            Read::Records(at_most) if !self.is_cut => at_most,
            Read::Nothing if !self.is_cut => return Ok(Some(Vec::new())),
            _ => {
                self.is_cut = true;
                return Err(io::ErrorKind::ConnectionReset.into());
            }
        };
        if self.waiting.is_empty() {
            let (kept, end) = (state.acknowledged, records.len() as u64);
            (self.waiting, self.next) = state.lies.stretch(kept, self.next, end);
        }
        let packet = self.waiting.drain(..at_most.min(self.waiting.len()));
        let packet: Vec<Delivery<T>> = packet
            .map(|number| Delivery {
                number,
                record: records[number as usize].clone(),
            })
            .collect();
        let sent = packet.iter().map(|delivery| delivery.number + 1).max();
        state.sent = state.sent.max(sent.unwrap_or(0));
        Ok((!packet.is_empty()).then_some(packet))
    }
}

impl<T> fmt::Debug for Connection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("next", &self.next)
            .field("is_cut", &self.is_cut)
            .finish_non_exhaustive()
    }
}
