//! What the job has written, beside what it should have.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use stream_runtime::prelude::*;
use stream_runtime::sink::collect;

use crate::child::{self, BATCH, MADE};

/// How many batches a window has.
const WINDOW: usize = 4;

type Counts = BTreeMap<String, u64>;

/// How many lines there were.
pub(crate) struct Total {
    pub(crate) from_files: u64,
    pub(crate) fed: u64,
}

impl Total {
    fn counts(&self) -> Counts {
        let mut counts = made();
        for file in 0..7 {
            let lines = (0..child::FILE_LINES).filter(|line| line % 7 == file);
            let of_one = lines.count() as u64;
            counts.insert(
                format!("file{file}"),
                of_one * self.from_files / child::FILE_LINES,
            );
        }
        for feed in 0..10 {
            let lines = (self.fed + 9 - feed) / 10;
            counts.insert(format!("feed{feed}"), lines);
        }
        counts
    }
}

stream!(
    #[batch(10ms)]
    fn count(lines: Stream<&str>, out: Sink<(&str, u64)>) {
        lines
            .map(|line| (line, 1u64))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }
);

/// The words that are made from the seed, counted by a job that nobody kills.
fn made() -> Counts {
    let (out, collected) = collect();
    count(child::made(MADE * 1_000), out).run().unwrap();
    let mut counts = Counts::new();
    for (word, count) in collected.rows().concat() {
        *counts.entry(word).or_default() += count;
    }
    assert_eq!(counts.values().sum::<u64>(), MADE);
    counts
}

/// Waits until all made lines are counted.
pub(crate) fn wait_for_made_lines(out: &Path) {
    let made = made();
    let is_there = |last: &Counts| {
        made.iter()
            .all(|(word, count)| last.get(word) == Some(count))
    };
    let begun = Instant::now();
    while !last(out, "total").is_some_and(|last| is_there(&last)) {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the job does not go on"
        );
        thread::sleep(Duration::from_millis(50));
    }
}

/// The newest batch of an output; none if it is just being replaced.
fn last(out: &Path, name: &str) -> Option<Counts> {
    counts_of(directories(out, name).values().next_back()?).ok()
}

/// Checks each batch against those before it, and the last one against all that there was.
pub(crate) fn check(out: &Path, total: &Total) {
    let [batches, windows, totals] = ["batch", "window", "total"].map(|name| read(out, name));
    let times: Vec<u64> = batches.keys().copied().collect();
    assert!(
        times
            .windows(2)
            .all(|pair| pair[1] - pair[0] == BATCH.as_millis() as u64),
        "a batch is missing"
    );
    let mut sum = Counts::new();
    for (at, time) in times.iter().enumerate() {
        add(&mut sum, &batches[time]);
        assert_eq!(totals[time], sum, "the totals at {time} ms");
        let mut window = Counts::new();
        for time in &times[(at + 1).saturating_sub(WINDOW)..=at] {
            add(&mut window, &batches[time]);
        }
        assert_eq!(windows[time], window, "the window at {time} ms");
    }
    assert_eq!((windows.len(), totals.len()), (times.len(), times.len()));
    assert_eq!(sum, total.counts());
    println!(
        "{} batches, {} words",
        times.len(),
        sum.values().sum::<u64>()
    );
}

fn add(sum: &mut Counts, counts: &Counts) {
    for (word, count) in counts {
        *sum.entry(word.clone()).or_default() += count;
    }
}

/// What an output has written, by batch.
fn read(out: &Path, name: &str) -> BTreeMap<u64, Counts> {
    let directories = directories(out, name).into_iter();
    directories
        .map(|(time, path)| (time, counts_of(&path).unwrap()))
        .collect()
}

/// The directories of an output by their times.
fn directories(out: &Path, name: &str) -> BTreeMap<u64, PathBuf> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(out).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(time) = file
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('-'))
        {
            found.insert(time.parse().unwrap(), path);
        }
    }
    found
}

fn counts_of(directory: &Path) -> io::Result<Counts> {
    let mut counts = Counts::new();
    for part in fs::read_dir(directory)? {
        let text = fs::read_to_string(part?.path())?;
        for line in text.lines() {
            let pair = line.trim_matches(['(', ')']).split_once(',').unwrap();
            let before = counts.insert(pair.0.to_owned(), pair.1.parse().unwrap());
            assert_eq!(
                before,
                None,
                "`{}` twice in {}",
                pair.0,
                directory.display()
            );
        }
    }
    Ok(counts)
}
