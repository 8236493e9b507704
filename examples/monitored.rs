//! A job with a web page, and faults to be seen on it: a receiver that dies and comes back, an output
//! that fails, batches that are too slow.
//!
//! Without arguments the example looks at its own page and stops itself through it. To see it with
//! your own eyes:
//!
//! ```text
//! cargo run --release --example monitored -- --ui --faults faults
//! touch faults/receiver    # the sensors do not answer, until the file is removed
//! touch faults/output      # the database is gone
//! touch faults/slow        # a batch takes longer than its interval
//! ```

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use stream_runtime::prelude::*;
use stream_runtime::receiver::{Receiver, ReceiverError, Store};
use stream_runtime::sink::{BatchWriter, from_fn};
use stream_runtime::storage::MemoryStorage;
use stream_runtime::{Dashboard, Error, Result, Rows, StateSpec, Val};

stream!(
    /// How often each word came so far, and the mean temperature of each sensor in each second.
    #[batch(200ms)]
    #[checkpoint]
    pub fn monitored(
        lines: Stream<&str>,
        readings: Stream<Reading>,
        faults: Faults,
        words: Sink<(&str, u64)>,
        database: Sink<(u32, f64)>,
        dropped: Sink<u32>,
    ) {
        let counts = lines
            .flat_map(|line| line.split_whitespace())
            .map(|word| (word, 1u64))
            .reduce_by_key(|a, b| a + b);
        let totals = counts.map_with_state(
            |_time, word, count, total| {
                let total = total.get_or_insert(0);
                *total += count?;
                Some((word, *total))
            },
            StateSpec::new().timeout(1h),
        );
        totals.filter(|(_, total)| total % 10 == 0).to(words);

        let timed = readings
            .inspect(|reading| faults.delay(reading))
            .event_time(|reading| BatchTime::from_millis(reading.0), 300ms);
        let sums = timed.map(|reading| (reading.1, reading.map(|(_, _, degrees)| (degrees, 1u64))));
        let (seconds, late) = sums.tumbling(1s, |a, b| (a.0 + b.0, a.1 + b.1));
        seconds
            .map(|(sensor, sum)| (sensor, sum.value.0 / sum.value.1 as f64))
            .to(database);
        late.map(|(sensor, _)| sensor).to(dropped);
    }
);

/// When in milliseconds, which sensor, how many degrees.
type Reading = (u64, u32, f64);

/// What is wrong at present: there is a file for it.
#[derive(Debug, Clone)]
pub struct Faults {
    directory: Option<PathBuf>,
}

impl Faults {
    fn is(&self, name: &str) -> bool {
        let directory = self.directory.as_ref();
        directory.is_some_and(|directory| directory.join(name).exists())
    }

    /// The first sensor's readings take long.
    fn delay(&self, reading: &Reading) {
        if reading.1 == 0 && self.is("slow") {
            std::thread::sleep(Duration::from_millis(350));
        }
    }
}

/// Forty sensors, each of which tells its temperature four times a second. Now and then one tells it
/// much too late.
struct Sensors {
    faults: Faults,
    told: u64,
}

impl Receiver for Sensors {
    type Block = Rows<Reading>;
    type Position = ();

    fn run(&mut self, store: &Store<Rows<Reading>>) -> Result<(), ReceiverError> {
        while !store.is_stopped() {
            if self.faults.is("receiver") {
                return Err(ReceiverError::new("the sensors do not answer"));
            }
            let now = store.now();
            for sensor in 0..40 {
                self.told += 1;
                let delay = if self.told.is_multiple_of(997) {
                    10_000
                } else {
                    0
                };
                let degrees = 20.0 + f64::from(sensor % 7) + (self.told % 10) as f64 / 10.0;
                store.push((now.as_millis() - delay, sensor, degrees))?;
            }
            store.wait_until(now + Duration::from_millis(250));
        }
        Ok(())
    }
}

/// A sink that writes nowhere, and takes its time to fail.
fn database(faults: Faults) -> impl BatchWriter<Val<(u32, f64)>> {
    from_fn(move |_: BatchTime, _: &[Vec<(u32, f64)>]| {
        if faults.is("output") {
            std::thread::sleep(Duration::from_millis(50));
            return Err(std::io::Error::other("the database is gone"));
        }
        Ok(())
    })
}

fn job(faults: Faults) -> Job {
    let lines = words(5_000).per_line(10);
    let sensors = Sensors {
        faults: faults.clone(),
        told: 0,
    };
    let quick = Duration::from_millis(200);
    let readings = receive(sensors).restart_delay(quick, quick).logged();
    let popular = from_fn(|_: BatchTime, _: &[Vec<(&str, u64)>]| Ok(()));
    let dropped = from_fn(|_: BatchTime, _: &[Vec<u32>]| Ok(()));
    let database = database(faults.clone());
    monitored(lines, readings, faults, popular, database, dropped)
        .checkpoint(MemoryStorage::new())
        .attempts(u32::MAX)
}

/// A job that is watched.
#[derive(clap::Args)]
struct Options {
    /// The directory with a file for each fault: `receiver`, `output`, `slow`.
    #[arg(long, value_name = "DIR")]
    faults: Option<PathBuf>,
}

fn main() -> Result<()> {
    if std::env::args().len() > 1 {
        let (launcher, options) = Launcher::with_args::<Options>();
        let directory = options.faults;
        return launcher.run(job(Faults { directory }));
    }
    let faults = std::env::temp_dir().join(format!("monitored-{}", std::process::id()));
    std::fs::create_dir_all(&faults).map_err(|error| Error::io("making a directory", error))?;
    let job = job(Faults {
        directory: Some(faults.clone()),
    });
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let dashboard = Dashboard::at(address).token(TOKEN).open(&job)?;
    let (seen, address) = (dashboard.monitor().clone(), dashboard.address());
    let viewer = std::thread::spawn(move || look(address, &faults));
    // Nobody has to stop it by hand if the page does not.
    job.duration(Duration::from_secs(60)).run()?;
    viewer.join().expect("all of it was on the page");

    let seen = seen.live();
    assert!(seen.totals.outputs[1].failures > 0);
    assert!(
        seen.job.elapsed_us < 60_000_000,
        "it was stopped by its page"
    );
    println!("{}: {}", seen.verdict.kind.name(), seen.verdict.reason);
    Ok(())
}

const TOKEN: &str = "not-much-of-a-secret";

/// Looks at the page until it has shown each fault and its end, and then stops the job.
fn look(address: SocketAddr, faults: &Path) {
    wait_for(address, "/api/job", "\"kind\":\"stable\"");
    let receiver = faults.join("receiver");
    std::fs::write(&receiver, "").expect("a fault can be made");
    wait_for(address, "/api/receivers", "the sensors do not answer");
    std::fs::remove_file(receiver).expect("a fault can be mended");

    let output = faults.join("output");
    std::fs::write(&output, "").expect("a fault can be made");
    wait_for(address, "/api/job", "the database is gone");
    std::fs::remove_file(output).expect("a fault can be mended");
    wait_for(
        address,
        "/metrics",
        "stream_receiver_up{pipeline=\"monitored\",input=\"readings\"} 1",
    );
    wait_for(
        address,
        "/metrics",
        "stream_verdict{pipeline=\"monitored\",verdict=\"stable\"} 1",
    );

    let answer = ask(
        address,
        "POST /api/stop",
        "Authorization: Bearer not-the-right-one\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    let answer = ask(
        address,
        "POST /api/stop",
        &format!("Authorization: Bearer {TOKEN}\r\n"),
    );
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    std::fs::remove_dir_all(faults).expect("a directory can be removed");
}

fn wait_for(address: SocketAddr, path: &str, what: &str) {
    for _ in 0..1_000 {
        if ask(address, &format!("GET {path}"), "").contains(what) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("`{what}` is not to be seen at {path}");
}

/// Asks for something as a browser would, and gives the whole answer.
fn ask(address: SocketAddr, what: &str, headers: &str) -> String {
    let mut connection = TcpStream::connect(address).expect("the page is open");
    let request = format!("{what} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
    connection
        .write_all(request.as_bytes())
        .expect("it is asked");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("it answers");
    answer
}
