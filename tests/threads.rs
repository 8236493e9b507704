//! A job leaves nothing behind: its threads end with it. Alone in its process, because it counts.

#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use stream_runtime::prelude::*;

stream!(
    #[batch(1ms)]
    fn count(words: Stream<&str>, out: Sink<(&str, u64)>) {
        words
            .map(|word| (word, 1))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }
);

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Threads that were told to end need a moment; those that leak stay for good.
fn settled(limit: usize) -> usize {
    let started = Instant::now();
    while threads() > limit && started.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    threads()
}

fn run_jobs(jobs: usize) {
    let words: Vec<String> = (0..10_000).map(|i| format!("word {}", i % 100)).collect();
    for _ in 0..jobs {
        let (out, _) = stream_runtime::sink::collect();
        count(queue([words.clone()]), out).threads(4).run().unwrap();
    }
}

#[test]
fn two_hundred_jobs_leave_no_thread_and_no_memory() {
    let before = threads();
    run_jobs(20);
    let warm = resident_kib();
    run_jobs(180);
    assert_eq!(settled(before), before);
    let grown = resident_kib().saturating_sub(warm);
    println!("{grown} KiB after 180 jobs");
    assert!(grown < 32 * 1024, "{grown} KiB more after 180 jobs");
}
