//! What comes over one connection, and how far it is safe.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use crate::block::{BlockSize, Text};
use crate::receiver::buffer::Buffer;
use crate::receiver::cut::{Cut, Lines};
use crate::receiver::failure::ReceiverError;
use crate::receiver::store::Store;

/// What comes over one connection.
pub(super) struct Feed<'a> {
    pub(super) lines: Buffer<Lines>,
    /// How many bytes of the feed were stored.
    pub(super) stored: &'a mut u64,
    /// How many of them the peer was told of, over this connection.
    pub(super) told: Option<u64>,
    /// The one who is to be told; nobody without.
    pub(super) peer: Option<&'a TcpStream>,
    pub(super) store: &'a Store<Text, u64>,
}

impl Feed<'_> {
    /// Reads until the connection ends.
    ///
    /// A read that fills the buffer means that more is waiting, so the buffer is handed over as it
    /// is; one that does not has emptied the connection, and what came is handed over at once. So a
    /// busy connection makes large blocks, and a quiet one no delay. What comes while the log is
    /// written waits in the connection, and is written together.
    pub(super) fn receive(&mut self, mut stream: impl Read) -> Result<(), ReceiverError> {
        self.acknowledge()?;
        while !self.store.is_stopped() {
            match stream.read(self.lines.space()) {
                Ok(0) => break,
                Ok(len) => self.lines.fill(len),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
            self.store_whole()?;
            self.acknowledge()?;
        }
        Ok(())
    }

    /// Tells the peer how far all is safe, if it does not know.
    fn acknowledge(&mut self) -> Result<(), ReceiverError> {
        let Some(mut peer) = self.peer.filter(|_| self.told != Some(*self.stored)) else {
            return Ok(());
        };
        self.store.flush()?;
        peer.write_all(format!("{}\n", self.stored).as_bytes())?;
        self.told = Some(*self.stored);
        Ok(())
    }

    fn store_whole(&mut self) -> Result<(), ReceiverError> {
        let had = self.lines.len();
        if let Some(text) = self.lines.take() {
            self.store_lines(text, had - self.lines.len())?;
        }
        match self.lines.cut.take_pieces() {
            0 => {}
            pieces => self.store.report_error(format_args!(
                "lines longer than the bound were cut, at {pieces} places"
            )),
        }
        Ok(())
    }

    /// Stores the lines that were made of so many bytes of the feed. If the rate is limited they come
    /// a few at a time, as they may; a text with a line that was cut has bytes that are not in the
    /// feed, so it comes as a whole.
    fn store_lines(&mut self, mut text: Text, bytes: usize) -> Result<(), ReceiverError> {
        let end = *self.stored + bytes as u64;
        while text.bytes() as u64 == end - *self.stored
            && let Some(lines) = self.store.inbox.at_once()
            && let Some(rest) = text.split_off(lines)
        {
            *self.stored += text.bytes() as u64;
            self.push(std::mem::replace(&mut text, rest))?;
            self.acknowledge()?;
        }
        *self.stored = end;
        self.push(text)
    }

    fn push(&self, text: Text) -> Result<(), ReceiverError> {
        match self.peer {
            Some(_) => self.store.push_text_at(text, *self.stored)?,
            None => self.store.push_text(text)?,
        }
        Ok(())
    }

    /// What came last, without a line end. When the receiver was stopped it is the beginning of a
    /// line only, so it is no record; and a peer that is told how far all is safe sends it again.
    pub(super) fn store_rest(&mut self) -> Result<(), ReceiverError> {
        if self.store.is_stopped() || self.peer.is_some() {
            if self.lines.len() > 0 {
                let bytes = self.lines.len();
                tracing::info!(bytes, "the line that was being received is dropped");
            }
            return Ok(());
        }
        let last = self.lines.finish();
        if let Some(text) = last.map_err(|rest| ReceiverError::new(rest.problem))? {
            self.push(text)?;
        }
        Ok(())
    }
}
