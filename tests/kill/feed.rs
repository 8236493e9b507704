//! The server of a feed of lines.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// All lines have the same length.
const LINE: u64 = 7;
/// How many lines come in a millisecond.
const RATE: u64 = 20;

/// A feed that grows with time until it is ended, and goes on where its reader says.
pub(crate) struct Feed {
    address: String,
    state: Arc<State>,
}

struct State {
    begun: Instant,
    /// How many bytes the reader has, as it said last.
    safe: AtomicU64,
    /// How many lines there are, once it is ended.
    ended: AtomicU64,
    failed: AtomicBool,
}

impl Feed {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = Arc::new(State {
            begun: Instant::now(),
            safe: AtomicU64::new(0),
            ended: AtomicU64::new(u64::MAX),
            failed: AtomicBool::new(false),
        });
        let server = Arc::clone(&state);
        thread::spawn(move || {
            for peer in listener.incoming() {
                let server = Arc::clone(&server);
                // Whoever connects after a crash does not wait for the end of the one before.
                thread::spawn(move || server.serve(peer.unwrap()));
            }
        });
        Self { address, state }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Lets nothing more come; how many lines there are.
    pub(crate) fn end(&self) -> u64 {
        let lines = self.state.lines();
        self.state.ended.store(lines, Ordering::SeqCst);
        lines
    }

    /// Waits until the reader has all, which is as slow as the disk: it only must go on.
    pub(crate) fn wait_for_the_end(&self) {
        let all = self.state.ended.load(Ordering::SeqCst) * LINE;
        let (mut safe, mut since) = (0, Instant::now());
        while safe < all {
            assert!(!self.state.failed.load(Ordering::SeqCst), "see above");
            assert!(
                since.elapsed() < Duration::from_secs(60),
                "{safe} of {all} bytes of the feed are read, and no more come"
            );
            thread::sleep(Duration::from_millis(5));
            let now = self.state.safe.load(Ordering::SeqCst);
            if now > safe {
                (safe, since) = (now, Instant::now());
            }
        }
    }
}

impl State {
    fn lines(&self) -> u64 {
        let lines = self.begun.elapsed().as_millis() as u64 * RATE;
        lines.min(self.ended.load(Ordering::SeqCst))
    }

    fn serve(self: Arc<Self>, peer: TcpStream) {
        let mut numbers = BufReader::new(peer.try_clone().unwrap()).lines();
        let Some(Ok(begin)) = numbers.next() else {
            return; // it was killed
        };
        let begin: u64 = begin.parse().unwrap();
        if begin < self.safe.load(Ordering::SeqCst) || !begin.is_multiple_of(LINE) {
            eprintln!("it goes on at byte {begin}, after it had {:?}", self.safe);
            self.failed.store(true, Ordering::SeqCst);
        }
        let told = Arc::clone(&self);
        thread::spawn(move || {
            for number in numbers.map_while(Result::ok) {
                // The last line of one who is killed may be cut short.
                if let Ok(number) = number.parse::<u64>() {
                    told.safe.fetch_max(number, Ordering::SeqCst);
                }
            }
        });
        self.send(peer, begin / LINE);
    }

    /// Sends the lines from this one on, until the reader is gone.
    fn send(&self, mut peer: TcpStream, mut next: u64) {
        loop {
            let lines = (next..self.lines().min(next + 10_000)).map(line);
            let text: String = lines.collect();
            next += text.len() as u64 / LINE;
            if peer.write_all(text.as_bytes()).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The words of the feed are `feed0` to `feed9`.
fn line(number: u64) -> String {
    format!("feed{}\r\n", number % 10)
}
