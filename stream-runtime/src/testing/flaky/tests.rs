//! What the source does, and that it finds mistakes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::*;
use crate::prelude::*;
use crate::receiver::{Receiver, ReceiverError, Store};
use crate::site::panic_message;
use crate::testing::collect;
use crate::{Job, Rows};

stream!(
    #[batch(1ms)]
    fn through(numbers: Stream<u64>, out: Sink<u64>) {
        numbers.to(out);
    }
);

/// What a pipeline puts out that reads from the server, in the order of its batches.
fn came_out(server: &Flaky<u64>) -> Vec<u64> {
    let (out, collected) = collect();
    through(server.receiver(), out).run().unwrap();
    collected.rows().concat()
}

/// The numbers of each packet that one connection gives before it is cut; whether it was.
fn packets(server: &Flaky<u64>) -> (Vec<Vec<u64>>, bool) {
    let mut connection = server.connect(0);
    let mut packets = Vec::new();
    loop {
        match connection.read() {
            Ok(Some(packet)) => packets.push(packet.iter().map(|sent| sent.number).collect()),
            Ok(None) => return (packets, false),
            Err(_) => {
                assert!(connection.read().is_err(), "a cut connection stays cut");
                return (packets, true);
            }
        }
    }
}

fn message(assert: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(assert)).unwrap_err();
    panic_message(&*payload)
}

#[test]
fn an_honest_server_sends_all_in_order_to_everyone() {
    let server = flaky(10..30);
    for _ in 0..2 {
        let (packets, is_cut) = packets(&server);
        assert!(packets.iter().all(|packet| !packet.is_empty()) && !is_cut);
        assert!(packets.concat().into_iter().eq(0..20));
    }
    let delivery = server.connect(7).read().unwrap().unwrap()[0];
    assert_eq!((delivery.number, delivery.record), (7, 17));
}

#[test]
fn each_lie_is_told_and_a_seed_tells_it_again() {
    let told = |set: fn(Flaky<u64>) -> Flaky<u64>| {
        let runs = (0..20).map(|seed| packets(&set(flaky(0..50).seed(seed))));
        let runs: Vec<_> = runs.collect();
        assert_eq!(packets(&set(flaky(0..50).seed(3))), runs[3]);
        runs
    };
    let sorted = |packets: Vec<Vec<u64>>| {
        let mut numbers = packets.concat();
        numbers.sort();
        numbers
    };
    let cut = told(|server| server.disconnects(0.1));
    assert!(cut.iter().filter(|(_, is_cut)| *is_cut).count() > 10);
    for (packets, _) in told(|server| server.idles(0.3)) {
        assert!(packets.contains(&Vec::new()));
        assert!(packets.concat().into_iter().eq(0..50));
    }
    for (packets, _) in told(|server| server.reorders(0.5)) {
        assert!(!packets.concat().is_sorted());
        assert!(sorted(packets).into_iter().eq(0..50));
    }
    for (packets, _) in told(|server| server.duplicates(0.5)) {
        let mut numbers = sorted(packets);
        assert!(numbers.len() > 50);
        numbers.dedup();
        assert!(numbers.into_iter().eq(0..50));
    }
}

#[test]
fn with_an_honest_server_each_record_comes_out_once_whatever_is_cut() {
    for seed in 0..20 {
        let server = flaky(0..100).seed(seed).disconnects(0.3).idles(0.05);
        let numbers = came_out(&server);
        assert!(
            numbers.iter().copied().eq(0..100),
            "seed {seed}: {numbers:?}"
        );
        server.assert_exactly_once(numbers);
        server.assert_nothing_acknowledged_early();
        assert_eq!(server.acknowledged(), 100);
    }
}

#[test]
fn lies_are_seen_and_nothing_is_lost() {
    for seed in 0..20 {
        let server = flaky(0..100).seed(seed).duplicates(0.5);
        let numbers = came_out(&server);
        assert!(numbers.len() > 100, "seed {seed}");
        server.assert_nothing_lost(numbers.clone());
        let twice = message(|| server.assert_exactly_once(numbers));
        assert!(twice.ends_with(" times instead of 1"), "{twice}");

        let server = flaky(0..100)
            .seed(seed)
            .duplicates(0.1)
            .reorders(0.3)
            .disconnects(0.2);
        let numbers = came_out(&server);
        assert!(!numbers.is_sorted(), "seed {seed}");
        server.assert_nothing_lost(numbers);
        assert_eq!(server.acknowledged(), 100);
    }
}

#[test]
fn what_is_acknowledged_is_gone() {
    let server = flaky(0..10);
    let mut connection = server.connect(0);
    while connection.read().unwrap().is_some() {}
    server.acknowledge(4);
    server.acknowledge(2); // an old one that was on its way
    assert_eq!(server.acknowledged(), 4);
    server.assert_nothing_acknowledged_early();
    server.assert_nothing_lost(0..4);
    assert_eq!(
        message(|| server.assert_nothing_lost([0, 1, 3])),
        "record 2 is lost: 2"
    );
    let first = server.connect(2).read().unwrap().unwrap()[0];
    assert_eq!(first.number, 4);
    assert_eq!(
        message(|| server.assert_nothing_acknowledged_early()),
        "record 2 was asked for, and all up to 3 are acknowledged"
    );
}

#[test]
fn what_was_not_sent_cannot_be_acknowledged() {
    let server = flaky(0..10);
    server.acknowledge(1);
    assert_eq!(server.acknowledged(), 0);
    assert_eq!(
        message(|| server.assert_nothing_acknowledged_early()),
        "record 0 was acknowledged, and was not sent"
    );
}

/// A receiver that acknowledges what it has stored.
struct Hasty(Flaky<u64>);

impl Receiver for Hasty {
    type Block = Rows<u64>;
    type Position = ();

    fn run(&mut self, store: &Store<Rows<u64>>) -> Result<(), ReceiverError> {
        let mut connection = self.0.connect(0);
        while let Some(packet) = connection.read()? {
            let end = packet.iter().map(|sent| sent.number + 1).max();
            store.push_many(packet.into_iter().map(|sent| sent.record))?;
            self.0.acknowledge(end.unwrap_or(0));
        }
        Ok(())
    }
}

#[test]
fn a_receiver_that_acknowledges_too_early_is_found_out() {
    let (out, collected) = collect();
    let server = flaky(0..10).committed_when(move |n| collected.rows().concat().contains(n));
    let job: Job = through(receive(Hasty(server.clone())), out);
    job.batch_interval(Duration::from_secs(3_600))
        .duration(Duration::from_millis(20))
        .run()
        .unwrap();
    assert_eq!(
        message(|| server.assert_nothing_acknowledged_early()),
        "record 0 was acknowledged before it was committed"
    );
}
