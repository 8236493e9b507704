//! `socket_text`: lines from a TCP server.

mod feed;

use std::io;
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::block::Text;
use crate::receiver::buffer::Buffer;
use crate::receiver::custom::Receiver;
use crate::receiver::cut::Lines;
use crate::receiver::failure::ReceiverError;
use crate::receiver::received::{Received, receive};
use crate::receiver::store::Store;

use feed::Feed;

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
/// When the job has a checkpoint, what is received is written to disk before it comes into a batch,
/// so a line that came into one comes into it again after a crash, and into no other one. What was
/// on its way is lost, since the server does not know how far it got; see
/// [`acknowledged`](Received::acknowledged) for one that asks.
///
/// Cost: one thread; blocks of up to 1 MiB are handed over without being copied, except to the log.
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
        acknowledges: false,
        stored: 0,
    })
    .restart_delay(again, again)
    .logged()
}

/// The receiver of [`socket_text`].
#[derive(Debug)]
pub struct SocketText {
    address: String,
    longest_line: usize,
    until_closed: bool,
    acknowledges: bool,
    /// How many bytes of the feed were stored, in whole lines.
    stored: u64,
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

    /// Tells the server how far the job has got, so that no line is lost or comes twice, even if
    /// either of the two is killed.
    ///
    /// When a connection is made, and whenever more of the feed is safe, the receiver sends one line
    /// with a decimal number: how many bytes of the feed it has, from the first byte that it was
    /// ever sent. The server begins, at each connection, with the byte behind that, and keeps what
    /// is behind the last number that it was told. The numbers always end a line, or a piece of one
    /// that is too long. A last line without its end counts when its end has come.
    ///
    /// With a checkpoint, safe is what is in the job's log, on disk, over all runs of the job;
    /// without one, what this run has received.
    ///
    /// ```no_run
    /// # use std::io::{BufRead, BufReader, Write};
    /// # fn feed_from(_: u64) -> Vec<u8> { Vec::new() }
    /// // The server of such a feed, without all that makes a server.
    /// let listener = std::net::TcpListener::bind("localhost:9999")?;
    /// for peer in listener.incoming() {
    ///     let mut peer = peer?;
    ///     let mut numbers = BufReader::new(peer.try_clone()?).lines();
    ///     let Some(Ok(first)) = numbers.next() else { continue };
    ///     let begin: u64 = first.parse().expect("a number");
    ///     // The numbers that follow say what need not be kept any more.
    ///     std::thread::spawn(move || numbers.for_each(drop));
    ///     let _ = peer.write_all(&feed_from(begin));
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn acknowledged(mut self) -> Self {
        if let Some(socket) = &mut self.receiver {
            socket.acknowledges = true;
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
    /// How many bytes of the feed were stored.
    type Position = u64;

    fn run(&mut self, store: &Store<Text, u64>) -> Result<(), ReceiverError> {
        let stream = connect(&self.address, || store.is_stopped())?;
        let peer = stream.try_clone()?;
        let _awake = store.on_stop(move || drop(peer.shutdown(Shutdown::Both)));
        tracing::info!(address = %self.address, "connected");
        let mut feed = Feed {
            lines: Buffer::new(Lines::new(self.longest_line), BLOCK),
            stored: &mut self.stored,
            told: None,
            peer: self.acknowledges.then_some(&stream),
            store,
        };
        let ended = feed.receive(&stream);
        feed.store_rest()?;
        match ended {
            Ok(()) if self.until_closed => Ok(()),
            Ok(()) => Err(ReceiverError::new(format!(
                "{} closed the connection",
                self.address
            ))),
            Err(error) => Err(error),
        }
    }

    fn resume(&mut self, stored: u64) -> Result<(), ReceiverError> {
        self.stored = stored;
        Ok(())
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

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::sync::Arc;

    use super::*;
    use crate::clock::ManualClock;
    use crate::receiver::harness::{context, eventually, next_batch};
    use crate::receiver::{ReceiverPhase, Source};
    use crate::storage::{Crash, MemoryStorage};

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

    #[test]
    fn a_limited_socket_stores_a_few_lines_at_a_time_and_tells_of_each() {
        let (clock, (listener, source)) = (ManualClock::new(), server());
        let mut storage = context(&clock);
        storage.storage = Some(Arc::new(MemoryStorage::new()));
        let mut source = source.acknowledged().max_rate(20.0);
        source.start(&storage).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        let mut number = numbers(&peer);
        assert_eq!(number(), 0);
        peer.write_all("1\n2\n3\n4\n5\n6\nno".as_bytes()).unwrap();
        assert_eq!(number(), 4, "two lines of two bytes");
        for stored in [8, 12] {
            assert_eq!(in_flight(&source), stored - 4);
            clock.advance(Duration::from_millis(100));
            assert_eq!(number() as usize, stored);
        }
        assert_eq!(text(next_batch(&mut source, &clock)), "1\n2\n3\n4\n5\n6\n");
    }

    /// Tells the peer's side of a feed: the number that came with the connection, and the others.
    fn numbers(peer: &TcpStream) -> impl FnMut() -> u64 + use<> {
        let mut lines = BufReader::new(peer.try_clone().unwrap()).lines();
        move || lines.next().unwrap().unwrap().parse().unwrap()
    }

    #[test]
    fn a_server_that_is_told_how_far_all_is_safe_goes_on_there() {
        let feed = "one\ntwo\na line that is longer than ten bytes\nfour\n".repeat(20);
        let (clock, mut storage) = (ManualClock::new(), MemoryStorage::new());
        let (mut position, mut received, mut connections) = (None::<Vec<u8>>, String::new(), 0);
        while received.lines().collect::<String>() != feed.replace('\n', "") {
            let (listener, source) = server();
            let mut source = source.acknowledged().max_line(10);
            let mut context = context(&clock);
            context.storage = Some(Arc::new(storage.clone()));
            match &position {
                None => source.start(&context).unwrap(),
                Some(position) => source.resume(&context, position).unwrap(),
            }
            for bytes in [37, 111] {
                let (mut peer, _) = listener.accept().unwrap();
                let mut number = numbers(&peer);
                let begin = number() as usize;
                let end = feed.len().min(begin + bytes);
                peer.write_all(&feed.as_bytes()[begin..end]).unwrap();
                let some = if begin == feed.len() {
                    begin
                } else {
                    number() as usize
                };
                assert!((begin..=end).contains(&some));
                connections += 1;
                if bytes == 111 && connections % 3 == 0 {
                    received += &text(next_batch(&mut source, &clock));
                    position = Some(source.position());
                }
            }
            storage = storage.after(Crash::Lost);
        }
        assert!(connections > 8);
    }
}
