//! A real process that is killed at random moments: nothing is lost, and nothing counts twice.
//!
//! The job has three inputs: files that are added to a directory, a feed over a socket that is told
//! how far all is safe, and lines that are made from a seed. It counts their words by batch, over a
//! window, and over all time. It is this very program, started with the name of the test `child`,
//! and ended by `SIGKILL`, 200 times; what it has written then is checked, batch by batch.

mod child;
mod feed;
mod outputs;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use feed::Feed;

/// How often the job is killed.
const KILLS: u64 = 200;

/// Where all is kept.
struct Place {
    home: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self {
            home: tempfile::tempdir().unwrap(),
        };
        for directory in ["in", "aside", "out"] {
            fs::create_dir(place.at(directory)).unwrap();
        }
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn start(&self, feed: &Feed) -> Job {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["child", "--exact", "--nocapture"])
            .env(child::HOME, self.home.path())
            .env(child::FEED, feed.address())
            .stdout(Stdio::null())
            .spawn();
        Job(child.unwrap())
    }
}

/// The process that runs the job. It is killed when this is dropped.
struct Job(Child);

impl Job {
    fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    fn ends_well(&mut self) -> bool {
        self.0.wait().unwrap().success()
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // There is nothing to be killed where it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Random numbers that follow from a seed: xorshift, by Marsaglia.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[test]
fn child() {
    child::run_if_asked();
}

#[test]
fn a_process_that_is_killed_at_any_moment_loses_nothing_and_counts_nothing_twice() {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = u64::from(seed.subsec_nanos()) | 1;
    println!("seed {seed}");
    let (place, mut chance) = (Place::new(), Chance(seed));
    let feed = Feed::start();
    let mut files = 0;
    for _ in 0..KILLS {
        let mut job = place.start(&feed);
        let mut life = chance.below(160);
        while life > 0 {
            let step = life.min(1 + chance.below(60));
            thread::sleep(Duration::from_millis(step));
            life -= step;
            put(&place, files);
            files += 1;
        }
        assert!(job.is_running(), "it ended on its own");
    }
    let fed = feed.end();
    let mut job = place.start(&feed);
    feed.wait_for_the_end();
    outputs::wait_for_made_lines(&place.at("out"));
    fs::write(place.at("stop"), "").unwrap();
    assert!(job.ends_well());
    let total = outputs::Total {
        from_files: files * child::FILE_LINES,
        fed,
    };
    outputs::check(&place.at("out"), &total);
}

/// Adds a file, all at once.
fn put(place: &Place, number: u64) {
    let lines = (0..child::FILE_LINES).map(|line| format!("file{}\n", line % 7));
    let aside = place.at("aside").join("file");
    fs::write(&aside, lines.collect::<String>()).unwrap();
    fs::rename(aside, in_directory(&place.at("in"), number)).unwrap();
}

fn in_directory(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:05}"))
}
