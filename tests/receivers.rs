//! Whole pipelines on each kind of input.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use stream_runtime::prelude::*;
use stream_runtime::receiver::{Received, Receiver, ReceiverError, SocketText, Store};
use stream_runtime::sink::{Collected, collect};
use stream_runtime::storage::{Crash, MemoryStorage};
use stream_runtime::testing::flaky;
use stream_runtime::{Clock, ManualClock, Rows, Signal, Summary};

stream!(
    #[batch(10ms)]
    fn lines(lines: Stream<&str>, out: Sink<&str>) {
        lines.to(out);
    }

    #[batch(10ms)]
    fn bytes(lines: Stream<&[u8]>, out: Sink<&[u8]>) {
        lines.to(out);
    }

    #[batch(10ms)]
    fn word_count(lines: Stream<&str>, out: Sink<(&str, u64)>) {
        lines
            .flat_map(|line| line.split_whitespace())
            .map(|word| (word, 1u64))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    #[batch(10ms)]
    fn three(a: Stream<&str>, b: Stream<&str>, c: Stream<&str>, out: Sink<&str>) {
        a.union(b, c).to(out);
    }

    #[batch(10ms)]
    fn numbers(numbers: Stream<u64>, out: Sink<u64>) {
        numbers.to(out);
    }
);

/// A server, and an input that connects to it again at once.
fn server() -> (TcpListener, Received<SocketText>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let again = Duration::from_millis(1);
    (listener, socket_text(address).restart_delay(again, again))
}

/// Runs a job until its output is as long as it should be, then stops it.
fn run_until<T: Clone>(job: Job, collected: &Collected<T>, records: usize) -> Vec<T> {
    let stop = job.stop_signal();
    let job = thread::spawn(move || job.run());
    let mut patience = 0..60_000;
    while collected.rows().concat().len() < records && patience.next().is_some() {
        thread::sleep(Duration::from_millis(1));
    }
    stop.raise();
    job.join().unwrap().unwrap();
    collected.rows().concat()
}

fn counts(rows: Vec<Vec<(String, u64)>>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (word, count) in rows.concat() {
        *counts.entry(word).or_default() += count;
    }
    counts
}

#[test]
fn a_feed_that_is_cut_off_and_comes_back_loses_no_line_that_was_terminated() {
    let (listener, input) = server();
    let parts = ["one\ntwo\nthr", "ee\nfour\r\n", "", "five\nsix\n"];
    let peers: JoinHandle<Vec<TcpStream>> = thread::spawn(move || {
        let mut open = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let (mut peer, _) = listener.accept().unwrap();
            peer.write_all(part.as_bytes()).unwrap();
            if index + 1 == parts.len() {
                open.push(peer); // the last one is cut off by the job's end
            }
        }
        open
    });
    let (out, collected) = collect();
    let received = run_until(lines(input, out), &collected, 7);
    assert_eq!(received, ["one", "two", "thr", "ee", "four", "five", "six"]);
    drop(peers.join().unwrap());
}

#[test]
fn bytes_that_are_not_utf8_are_readable_as_text_and_exact_as_bytes() {
    let feed = b"caf\xe9\nna\xc3\xafve\n\xff";
    let serve = |listener: TcpListener| {
        thread::spawn(move || listener.accept().unwrap().0.write_all(feed).unwrap())
    };
    let (listener, input) = server();
    serve(listener);
    let (out, collected) = collect();
    lines(input.until_closed(), out).run().unwrap();
    assert_eq!(
        collected.rows().concat(),
        ["caf\u{fffd}", "na\u{ef}ve", "\u{fffd}"]
    );

    let (listener, input) = server();
    serve(listener);
    let (out, collected) = collect();
    bytes(input.until_closed(), out).run().unwrap();
    let exact: [&[u8]; 3] = [b"caf\xe9", b"na\xc3\xafve", b"\xff"];
    assert_eq!(collected.rows().concat(), exact);
}

/// Sends `line` again and again until the connection takes no more, and says how often it went;
/// then sends the rest.
fn send_until_blocked(listener: &TcpListener, line: &[u8], times: usize) -> usize {
    let (mut peer, _) = listener.accept().unwrap();
    peer.set_write_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    let all = line.repeat(times);
    let mut sent = 0;
    let blocked = loop {
        match peer.write(&all[sent..]) {
            Ok(len) => sent += len,
            Err(error) => {
                assert!(matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut
                ));
                break sent;
            }
        }
    };
    peer.set_write_timeout(None).unwrap();
    thread::spawn(move || peer.write_all(&all[blocked..]).unwrap());
    blocked
}

/// A clock that stands still, so that no batch is made, until its gate is opened; then it is moved
/// on by whoever waits for it.
#[derive(Debug, Clone, Default)]
struct GatedClock {
    gate: Signal,
    time: ManualClock,
}

impl Clock for GatedClock {
    fn now(&self) -> BatchTime {
        self.time.now()
    }

    fn wait_until(&self, deadline: BatchTime, _: &Signal) {
        while !self.gate.wait_timeout(Duration::from_secs(60)) {}
        self.time.advance(deadline.since(self.now()));
    }
}

#[test]
fn a_slow_consumer_stops_the_sender_and_nothing_is_lost() {
    const BOUND: usize = 1 << 20;
    let (listener, input) = server();
    let input = input.until_closed().max_in_flight(BOUND);
    let (line, times) = ([[b'x'; 1_023].as_slice(), b"\n"].concat(), 64 << 10);
    let (out, collected) = collect();
    let clock = GatedClock::default();
    let job = bytes(input, out).clock(clock.clone());
    let job = thread::spawn(move || job.run());
    let blocked = send_until_blocked(&listener, &line, times);
    assert!(blocked < line.len() * times, "the whole feed was taken");
    clock.gate.raise();
    job.join().unwrap().unwrap();
    let batches: Vec<usize> = collected.rows().iter().map(Vec::len).collect();
    assert_eq!(batches.iter().sum::<usize>(), times);
    let largest = batches.iter().max().unwrap() * line.len();
    assert!(largest <= 2 * BOUND, "{largest} bytes in one batch");
}

#[test]
fn several_receivers_work_side_by_side() {
    let ((one, left), (two, right)) = (server(), server());
    let (sender, third) = channel(10);
    // Each waits for the others, so they must all be received at the same time.
    let feed = thread::spawn(move || {
        let (mut one, mut two) = (one.accept().unwrap().0, two.accept().unwrap().0);
        for round in 0..3 {
            writeln!(one, "one {round}").unwrap();
            writeln!(two, "two {round}").unwrap();
            sender.send(format!("three {round}")).unwrap();
        }
    });
    let (out, collected) = collect();
    three(left.until_closed(), right.until_closed(), third, out)
        .run()
        .unwrap();
    feed.join().unwrap();
    let mut received = collected.rows().concat();
    received.sort();
    assert_eq!(
        received,
        [
            "one 0", "one 1", "one 2", "three 0", "three 1", "three 2", "two 0", "two 1", "two 2"
        ]
    );
}

#[test]
fn a_graceful_stop_processes_all_that_was_received() {
    let (sender, input) = channel(1_000);
    let (out, collected) = collect();
    let job = numbers(input, out).batch_interval(Duration::from_secs(3_600));
    let stop = job.stop_signal();
    let job = thread::spawn(move || job.run());
    (0..1_000).for_each(|number| sender.send(number).unwrap());
    stop.raise(); // an hour before the batch is due
    job.join().unwrap().unwrap();
    assert!(collected.rows().concat().into_iter().eq(0..1_000));
    assert!(sender.send(1).is_err());
}

/// The receiver of the manual: records come from anything that can be read, failures included.
struct Counting {
    next: u64,
}

impl Receiver for Counting {
    type Block = Rows<u64>;
    type Position = ();

    fn run(&mut self, store: &Store<Rows<u64>>) -> Result<(), ReceiverError> {
        while self.next < 10 && !store.is_stopped() {
            self.next += 1;
            store.push(self.next)?;
            match self.next {
                3 => return Err(ReceiverError::new("the line was cut")),
                6 => panic!("the line was cut badly"),
                _ => {}
            }
        }
        Ok(())
    }
}

#[test]
fn a_receiver_of_the_users_own_is_restarted_and_ends() {
    let (out, collected) = collect();
    let input = receive(Counting { next: 0 }).restart_delay(Duration::ZERO, Duration::ZERO);
    let summary: Summary = numbers(input, out).run().unwrap();
    assert!(collected.rows().concat().into_iter().eq(1..=10));
    assert_eq!(summary.records, 10);
}

#[test]
fn a_receiver_that_cannot_be_cured_fails_the_job() {
    struct Locked;
    impl Receiver for Locked {
        type Block = Rows<u64>;
        type Position = ();

        fn run(&mut self, _: &Store<Rows<u64>>) -> Result<(), ReceiverError> {
            Err(ReceiverError::new("access denied").fatal())
        }
    }
    let (out, _) = collect();
    let error = numbers(receive(Locked), out).run().unwrap_err();
    assert_eq!(error.to_string(), "input `numbers`: access denied");
}

/// Some text with words that repeat, blank lines and both line ends.
fn some_text() -> String {
    (0..5_000)
        .map(|i| match i % 7 {
            0 => "\n".to_owned(),
            1 => format!("w{} w{} x\r\n", i % 11, i % 13),
            _ => format!("w{} y{}\n", i % 17, i % 3),
        })
        .collect()
}

#[test]
fn a_file_a_directory_and_a_socket_give_the_same_counts_however_they_are_cut() {
    let text = some_text();
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for word in text.split_whitespace() {
        *expected.entry(word.to_owned()).or_default() += 1;
    }
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("text");
    std::fs::write(&path, &text).unwrap();

    for (batch_bytes, partitions) in [(1, 1), (10_000, 2), (1 << 20, 7)] {
        let (out, collected) = collect();
        let input = text_file(&path).batch_bytes(batch_bytes);
        word_count(input, out).partitions(partitions).run().unwrap();
        assert_eq!(counts(collected.rows()), expected);
    }

    let (out, collected) = collect();
    let input = text_files(place.path()).new_files_only(false);
    word_count(input, out).max_batches(3).run().unwrap();
    assert_eq!(counts(collected.rows()), expected);

    let (listener, input) = server();
    let feed = thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        for part in text.as_bytes().chunks(1_000) {
            peer.write_all(part).unwrap();
        }
    });
    let (out, collected) = collect();
    word_count(input.until_closed(), out)
        .batch_interval(Duration::from_millis(1))
        .run()
        .unwrap();
    feed.join().unwrap();
    assert_eq!(counts(collected.rows()), expected);
}

#[test]
fn files_that_are_renamed_into_a_directory_are_taken_once() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("in");
    std::fs::create_dir(&directory).unwrap();
    let (out, collected) = collect();
    let (tick, ticks) = std::sync::mpsc::channel();
    let job = lines(text_files(&directory), out).on_batch(move |_| {
        let _ = tick.send(()); // nobody counts after the last file
    });
    let writer = thread::spawn(move || {
        // After three batches the job has begun for certain, by the file system's clock as well.
        ticks.iter().take(3).for_each(drop);
        for name in ["a", "b", "c"] {
            let aside = place.path().join(name);
            std::fs::write(&aside, format!("{name} 1\n{name} 2\n")).unwrap();
            std::fs::rename(&aside, directory.join(name)).unwrap();
            ticks.iter().take(2).for_each(drop); // so that they fall into different batches
        }
        place
    });
    let mut received = run_until(job, &collected, 6);
    received.sort();
    assert_eq!(received, ["a 1", "a 2", "b 1", "b 2", "c 1", "c 2"]);
    writer.join().unwrap();
}

#[test]
fn made_up_words_are_the_same_in_any_batches() {
    let count = |interval| {
        let (out, collected) = collect();
        let input = words(100_000).limit(2_000).seed(42);
        word_count(input, out)
            .batch_interval(interval)
            .run()
            .unwrap();
        counts(collected.rows())
    };
    let fine = count(Duration::from_millis(1));
    assert_eq!(fine.values().sum::<u64>(), 20_000);
    assert_eq!(fine, count(Duration::from_millis(50)));
}

#[test]
fn an_input_that_loses_records_in_a_crash_is_refused_with_the_remedy() {
    let ((_sender, input), (out, _)) = (channel::<u64>(1), collect());
    let job = numbers(input, out).checkpoint(MemoryStorage::new());
    let error = job.run().unwrap_err().to_string();
    assert!(
        error.starts_with("input `numbers`: a job with a checkpoint"),
        "{error}"
    );
    assert!(error.contains("`channel.logged()`"), "{error}");
}

/// What a job has received when the power goes off at any time is in its batches once.
#[test]
fn what_was_safe_is_in_one_batch_whenever_the_power_goes_off() {
    for at in 0..40 {
        let storage = MemoryStorage::new();
        let (out, first) = collect();
        let (sender, input) = channel(10_000);
        let job = numbers(input.logged(), out).checkpoint(storage.clone());
        let running = thread::spawn(move || job.run());
        let mut safe = 0;
        storage.power_off_at(storage.operations() + at);
        for number in 0..10_000_u64 {
            if sender.send(number).is_err() || (number % 10 == 9 && sender.flush().is_err()) {
                break;
            }
            if number % 10 == 9 {
                safe = number + 1;
            }
        }
        drop(sender);
        assert!(running.join().unwrap().is_err());

        let (out, second) = collect();
        let (sender, input) = channel::<u64>(10_000);
        drop(sender);
        let left = storage.after(Crash::Lost);
        numbers(input.logged(), out).checkpoint(left).run().unwrap();
        let mut batches = BTreeMap::new();
        for collected in [first, second] {
            batches.extend(collected.batches());
        }
        let numbers: Vec<u64> = batches.into_values().flatten().collect();
        assert!(
            numbers.iter().copied().eq(0..numbers.len() as u64),
            "{numbers:?}"
        );
        assert!(numbers.len() as u64 >= safe, "{safe}: {numbers:?}");
    }
}

/// A queue that keeps what is not acknowledged, with power that goes off at any time: what the job
/// has acknowledged is gone then, and nothing is missing.
#[test]
fn what_was_acknowledged_came_out_whenever_the_power_goes_off() {
    let every = Duration::from_millis(1);
    for at in (0..120).step_by(2) {
        let (out, first) = collect();
        let came_out = first.clone();
        let server = flaky(0..300).seed(at).disconnects(0.1).idles(0.1);
        let server = server.committed_when(move |n| came_out.rows().concat().contains(n));
        let storage = MemoryStorage::new();
        storage.power_off_at(storage.operations() + at);
        let job = numbers(server.receiver().logged(), out).checkpoint(storage.clone());
        let ended = job.batch_interval(every).run();
        server.assert_nothing_acknowledged_early();

        let (out, second) = collect();
        let left = storage.after(Crash::Lost);
        let server = server.committed_when(|_| true);
        let job = numbers(server.receiver().logged(), out).checkpoint(left);
        job.batch_interval(every).run().unwrap();
        let mut batches = BTreeMap::new();
        for collected in [first, second] {
            batches.extend(collected.batches());
        }
        let came_out: Vec<u64> = batches.into_values().flatten().collect();
        server.assert_exactly_once(came_out.iter().copied());
        server.assert_nothing_acknowledged_early();
        assert_eq!(
            (came_out.len(), server.acknowledged()),
            (300, 300),
            "{ended:?}"
        );
    }
}

/// A batch job over files, with power that goes off at each operation in turn: the batches are cut
/// where those of a run are that nothing happened to.
#[test]
fn files_are_cut_the_same_whenever_the_power_goes_off() {
    let directory = tempfile::tempdir().unwrap();
    for file in 0..5_u32 {
        let text: String = (0..40).map(|line| format!("{file} {line}\n")).collect();
        std::fs::write(directory.path().join(file.to_string()), text).unwrap();
    }
    let run = |storage: &MemoryStorage, batches: &mut BTreeMap<_, _>| {
        let (out, collected) = collect();
        let input = text_file(directory.path().join("*")).batch_bytes(1);
        let job = lines(input, out).clock(ManualClock::new());
        let ended = job.checkpoint(storage.clone()).run();
        for (time, rows) in collected.batches() {
            let before = batches.insert(time, rows.clone());
            assert!(before.is_none_or(|before| before == rows), "{time}");
        }
        ended
    };
    let (whole, mut expected) = (MemoryStorage::new(), BTreeMap::new());
    run(&whole, &mut expected).unwrap();
    assert!(expected.len() > 4);
    for operation in 0..whole.operations() {
        let (storage, mut batches) = (MemoryStorage::new(), BTreeMap::new());
        storage.power_off_at(operation);
        let _ = run(&storage, &mut batches);
        run(&storage.after(Crash::Lost), &mut batches).unwrap();
        assert_eq!(
            batches, expected,
            "the power went off in operation {operation}"
        );
    }
}
