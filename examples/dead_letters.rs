//! A function that nobody has written with bad records in mind meets one: the record is put aside,
//! the others go on, and the job does not end.
//!
//! ```text
//! cargo run --example dead_letters
//! cargo run --example dead_letters -- --file numbers.txt --dead-letters dead.jsonl
//! ```

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use stream_runtime::Result;
use stream_runtime::prelude::*;
use stream_runtime::sink::{Stdout, collect, stdout};

stream!(
    /// A hundred divided by each number.
    #[batch(100ms)]
    pub fn hundredths(lines: Stream<&str>, out: Sink<u64>) {
        lines
            .map(|line| 100 / line.trim().parse::<u64>().expect("a number"))
            .to(out);
    }
);

/// Divides a hundred by numbers.
#[derive(clap::Args)]
struct Options {
    /// A file with a number a line, instead of some that are made up.
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
}

fn main() -> Result<()> {
    let (launcher, options) = Launcher::with_args::<Options>();
    if let Some(file) = options.file {
        let out: Stdout = stdout();
        return launcher.run(hundredths(text_file(file), out));
    }

    let (out, collected) = collect();
    let dead = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&dead);
    let lines = queue([vec!["5", "zero", "20"], vec!["0", "50"]]);
    let job = hundredths(lines, out).dead_letters(move |letters| {
        for letter in letters {
            println!(
                "record {} of batch {}: {}",
                letter.at, letter.time, letter.failure
            );
        }
        let places = letters.iter().map(|letter| letter.at);
        taken.lock().expect("nobody panics").extend(places);
        Ok(())
    });
    launcher.run(job)?;

    assert_eq!(collected.rows(), [vec![20, 5], vec![2]]);
    assert_eq!(*dead.lock().expect("nobody panics"), [1, 0]);
    Ok(())
}
