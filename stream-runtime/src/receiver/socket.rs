//! `socket_text`: lines from a TCP server.

use std::io::{self, Read};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::block::Text;
use crate::receiver::buffer::Buffer;
use crate::receiver::custom::Receiver;
use crate::receiver::cut::{Cut, Lines};
use crate::receiver::failure::ReceiverError;
use crate::receiver::received::{Received, receive};
use crate::receiver::store::Store;

/// How much is read at once.
const BLOCK: usize = 1 << 20;

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// Lines of text from the TCP server at `address`, `"host:port"`: Spark's `socketTextStream`.
///
/// A line ends with `\n` or `\r\n`; what the server sends last, without a line end, is a line too.
/// Bytes that are not UTF-8 are kept: see [`Text`]. A line of more than 1 MiB is cut into pieces
/// of that length, each a record, and reported.
///
/// When the server refuses the connection or closes it, the receiver connects again after 2 s, for
/// ever, unless [`until_closed`](Received::until_closed) is set. A server that is slower or faster
/// than the job is no problem: the receiver waits for it, or stops reading while 512 MiB
/// ([`max_in_flight`](Received::max_in_flight)) wait to be processed, which stops the server. When
/// the job is stopped, the whole lines that were received are processed; the unfinished one is not.
///
/// Cost: one thread; blocks of up to 1 MiB are handed over without being copied.
///
/// # Examples
///
/// With `nc -lk 9999` in another terminal:
///
/// ```no_run
/// use stream_runtime::prelude::*;
///
/// stream!(
///     #[batch(1s)]
///     fn word_count(lines: Stream<&str>) {
///         lines
///             .flat_map(|line| line.split_whitespace())
///             .map(|word| (word, 1u64))
///             .reduce_by_key(|a, b| a + b)
///             .print();
///     }
/// );
///
/// word_count(socket_text("localhost:9999")).run()?;
/// # Ok::<(), stream_runtime::Error>(())
/// ```
///
/// As a batch job over what `nc -l 9999 < file` sends, which ends with it:
///
/// ```no_run
/// # use stream_runtime::prelude::*;
/// # stream!(fn show(lines: Stream<&str>) { lines.print(); });
/// show(socket_text("localhost:9999").until_closed()).run()?;
/// # Ok::<(), stream_runtime::Error>(())
/// ```
pub fn socket_text(address: impl Into<String>) -> Received<SocketText> {
    let again = Duration::from_secs(2);
    receive(SocketText {
        address: address.into(),
        longest_line: 1 << 20,
        until_closed: false,
    })
    .restart_delay(again, again)
}

/// The receiver of [`socket_text`].
#[derive(Debug)]
pub struct SocketText {
    address: String,
    longest_line: usize,
    until_closed: bool,
}

impl Received<SocketText> {
    /// The input is finished when the server closes the connection. Until there is one, the
    /// receiver goes on trying.
    #[must_use]
    pub fn until_closed(mut self) -> Self {
        if let Some(socket) = &mut self.receiver {
            socket.until_closed = true;
        }
        self
    }

    /// Of how many bytes a line may be; a longer one is cut into pieces of this length.
    #[must_use]
    pub fn max_line(mut self, bytes: usize) -> Self {
        if let Some(socket) = &mut self.receiver {
            socket.longest_line = bytes;
        }
        self
    }
}

impl Receiver for SocketText {
    type Block = Text;
    type Position = ();

    fn run(&mut self, store: &Store<Text>) -> Result<(), ReceiverError> {
        let stream = connect(&self.address, || store.is_stopped())?;
        let peer = stream.try_clone()?;
        let _awake = store.on_stop(move || drop(peer.shutdown(Shutdown::Both)));
        tracing::info!(address = %self.address, "connected");
        let mut lines = Buffer::new(Lines::new(self.longest_line), BLOCK);
        let ended = receive_lines(stream, &mut lines, store);
        store_rest(&mut lines, store)?;
        match ended {
            Ok(()) if self.until_closed => Ok(()),
            Ok(()) => Err(ReceiverError::new(format!(
                "{} closed the connection",
                self.address
            ))),
            Err(error) => Err(error),
        }
    }
}

/// Tries the addresses of a host, one after the other.
fn connect(address: &str, stopped: impl Fn() -> bool) -> Result<TcpStream, ReceiverError> {
    let failed = |error: io::Error| ReceiverError::new(format!("connecting to {address}: {error}"));
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    let mut candidates = address.to_socket_addrs().map_err(failed)?;
    while let Some(candidate) = candidates.next().filter(|_| !stopped()) {
        match TcpStream::connect_timeout(&candidate, CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}

/// Reads until the connection ends.
///
/// A read that fills the buffer means that more is waiting, so the buffer is handed over as it is;
/// one that does not has emptied the connection, and what came is handed over at once. So a busy
/// connection makes large blocks, and a quiet one no delay.
fn receive_lines(
    mut stream: impl Read,
    lines: &mut Buffer<Lines>,
    store: &Store<Text>,
) -> Result<(), ReceiverError> {
    while !store.is_stopped() {
        match stream.read(lines.space()) {
            Ok(0) => break,
            Ok(len) => lines.fill(len),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
        store_whole(lines, store)?;
    }
    Ok(())
}

fn store_whole(lines: &mut Buffer<Lines>, store: &Store<Text>) -> Result<(), ReceiverError> {
    if let Some(text) = lines.take() {
        store.push_text(text)?;
    }
    match lines.cut.take_pieces() {
        0 => {}
        pieces => store.report_error(format_args!(
            "lines longer than the bound were cut, at {pieces} places"
        )),
    }
    Ok(())
}

/// What came last, without a line end. When the receiver was stopped it is the beginning of a line
/// only, so it is no record.
fn store_rest(lines: &mut Buffer<Lines>, store: &Store<Text>) -> Result<(), ReceiverError> {
    if store.is_stopped() {
        if lines.len() > 0 {
            tracing::info!(
                bytes = lines.len(),
                "the line that was being received is dropped"
            );
        }
        return Ok(());
    }
    let last = lines.finish();
    if let Some(text) = last.map_err(|rest| ReceiverError::new(rest.problem))? {
        store.push_text(text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;
    use crate::clock::ManualClock;
    use crate::receiver::harness::{context, eventually, next_batch};
    use crate::receiver::{ReceiverPhase, Source};

    fn server() -> (TcpListener, Received<SocketText>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let again = Duration::ZERO;
        (listener, socket_text(address).restart_delay(again, again))
    }

    fn text(blocks: Vec<Text>) -> String {
        blocks.iter().map(Text::as_str).collect()
    }

    fn in_flight(source: &Received<SocketText>) -> usize {
        source.status().unwrap().in_flight
    }

    #[test]
    fn a_cut_connection_is_made_again_and_the_last_line_counts() {
        let (clock, (listener, mut source)) = (ManualClock::new(), server());
        source.start(&context(&clock)).unwrap();
        for part in ["one\ntw", "o\nthree\n"] {
            let (mut peer, _) = listener.accept().unwrap();
            peer.write_all(part.as_bytes()).unwrap();
        }
        let _third = listener.accept().unwrap();
        assert_eq!(text(next_batch(&mut source, &clock)), "one\ntw\no\nthree\n");
        let status = source.status().unwrap();
        assert_eq!((status.errors, status.restarts), (2, 2));
        assert!(
            status
                .last_error
                .unwrap()
                .message
                .ends_with("closed the connection")
        );
    }

    #[test]
    fn until_closed_ends_with_the_server() {
        let (clock, (listener, source)) = (ManualClock::new(), server());
        let mut source = source.until_closed();
        source.start(&context(&clock)).unwrap();
        listener.accept().unwrap().0.write_all(b"a\nb").unwrap();
        eventually("it ends", || {
            source.status().unwrap().phase == ReceiverPhase::Ended
        });
        assert_eq!(text(next_batch(&mut source, &clock)), "a\nb");
        assert!(source.is_finished());
    }

    #[test]
    fn stopping_keeps_whole_lines_only_and_does_not_wait_for_the_server() {
        let (clock, (listener, mut source)) = (ManualClock::new(), server());
        source.start(&context(&clock)).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        peer.write_all(b"a\nb\nunfini").unwrap();
        eventually("it receives", || in_flight(&source) == 4);
        source.stop();
        assert_eq!(text(next_batch(&mut source, &clock)), "a\nb\n");
        assert!(source.is_finished());
    }

    #[test]
    fn a_long_line_is_cut_and_reported_and_bad_bytes_are_kept() {
        let (clock, (listener, source)) = (ManualClock::new(), server());
        let mut source = source.max_line(10).until_closed();
        source.start(&context(&clock)).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        peer.write_all(b"0123456789abcdefghij\n\xff\xfe\nok\n")
            .unwrap();
        drop(peer);
        eventually("it ends", || {
            source.status().unwrap().phase == ReceiverPhase::Ended
        });
        let blocks = next_batch(&mut source, &clock);
        let bytes: Vec<u8> = blocks
            .iter()
            .flat_map(|text| text.as_bytes())
            .copied()
            .collect();
        assert_eq!(bytes, b"0123456789\r\nabcdefghij\n\xff\xfe\nok\n");
        assert_eq!(
            text(blocks),
            "0123456789\r\nabcdefghij\n\u{fffd}\u{fffd}\nok\n"
        );
        let status = source.status().unwrap();
        assert_eq!(status.errors, 1);
        assert!(
            status
                .last_error
                .unwrap()
                .message
                .contains("cut, at 1 places")
        );
    }

    #[test]
    fn a_refused_connection_is_tried_again() {
        let (listener, mut source) = server();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let clock = ManualClock::new();
        source.start(&context(&clock)).unwrap();
        eventually("it tries again", || source.status().unwrap().restarts > 1);
        let error = source.status().unwrap().last_error.unwrap().message;
        assert!(
            error.starts_with(&format!("connecting to {address}: ")),
            "{error}"
        );
    }
}
