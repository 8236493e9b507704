//! An input of one's own: a receiver that follows a log file while another program writes it, as
//! `tail -f` does.
//!
//! `cargo run --example custom_receiver`

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use stream_runtime::Text;
use stream_runtime::prelude::*;
use stream_runtime::receiver::{Receiver, ReceiverError, Store};
use stream_runtime::sink::collect;

/// Follows a file line by line, until a line says that it ends.
struct Follow {
    path: PathBuf,
    /// Where the next line begins: should reading fail, `run` is called again and goes on there.
    position: u64,
}

impl Receiver for Follow {
    type Block = Text;
    type Position = ();

    fn run(&mut self, store: &Store<Text>) -> Result<(), ReceiverError> {
        let mut file = BufReader::new(File::open(&self.path)?);
        file.seek(SeekFrom::Start(self.position))?;
        let mut line = String::new();
        while !store.is_stopped() {
            file.read_line(&mut line)?;
            match line.strip_suffix('\n') {
                None => store.wait_until(store.now() + Duration::from_millis(5)),
                Some("end of log") => return Ok(()),
                Some(whole) => {
                    store.push_line(whole)?;
                    self.position += line.len() as u64;
                    line.clear();
                }
            }
        }
        Ok(())
    }
}

stream!(
    /// Counts the lines of each level, such as `INFO`, in each batch.
    #[batch(50ms)]
    pub fn levels(lines: Stream<&str>, counts: Sink<(&str, u64)>) {
        let levels = lines
            .filter_map(|line| line.split_whitespace().next())
            .count_by_value();
        levels.print();
        levels.to(counts);
    }
);

/// Another program, which writes its log in bursts and not always whole lines.
fn write_log(path: &Path) -> std::io::Result<()> {
    let mut log = File::create(path)?;
    for burst in 0..20 {
        for line in 0..10 {
            let level = if line == 3 { "ERROR" } else { "INFO" };
            write!(log, "{level} burst {burst}, ")?;
            writeln!(log, "line {line}")?;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    writeln!(log, "end of log")
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::temp_dir().join(format!("followed-{}.log", std::process::id()));
    File::create(&path)?;
    let writer = std::thread::spawn({
        let path = path.clone();
        move || write_log(&path)
    });

    let log = receive(Follow {
        path: path.clone(),
        position: 0,
    });
    let (counts, collected) = collect();
    levels(log, counts).run()?;
    writer.join().expect("the writer does not panic")?;
    std::fs::remove_file(&path)?;

    let total = |level: &str| -> u64 {
        let counts = collected.rows().concat();
        counts
            .iter()
            .filter(|(name, _)| name == level)
            .map(|(_, count)| count)
            .sum()
    };
    assert_eq!((total("INFO"), total("ERROR")), (180, 20));
    println!(
        "200 lines in {} batches, 20 of them errors",
        collected.rows().len()
    );
    Ok(())
}
