//! The command line of a compiled pipeline: arguments, signals, logs, the status line.
//!
//! | file | what is in it |
//! |---|---|
//! | `arguments` | what the command line can say |
//! | `dead_letters` | the file of dead letters |
//! | `inspect` | the commands that look into a checkpoint |
//! | `log` | where log lines go |
//! | `screen` | the terminal, which `print`, log lines and the status line share |
//! | `signals` | Ctrl-C and SIGTERM |
//! | `status` | the status line, and warnings about slow batches |
//! | `systemd` | readiness and the watchdog of a service |
//! | `text` | what is said of a job |
//! | `tune` | what `tune` has found |
//! | `ui` | the options of the web page |

mod arguments;
mod dead_letters;
mod inspect;
mod log;
mod screen;
mod signals;
mod status;
#[cfg(unix)]
mod systemd;
mod text;
mod tune;
mod ui;

use std::io::{self, Write};
use std::time::Duration;

use arguments::{Action, Arguments};
use screen::Screen;

use crate::error::{Error, Result};
use crate::job::Job;
use crate::memory::keep_freed_memory;
use crate::plan::Format;
use crate::progress::Progress;

/// Makes a program of a job: one with a command line, which stops gracefully on a signal and shows
/// how it is getting on.
///
/// ```no_run
/// use stream_runtime::prelude::*;
///
/// stream!(
///     pub fn show(words: Stream<&str>) {
///         words.print();
///     }
/// );
///
/// fn main() -> stream_runtime::Result<()> {
///     Launcher::from_args().run(show(queue([["to", "be"]])))
/// }
/// ```
///
/// # Command line
///
/// The program runs the job, or with `explain` shows its plan; options change the job's settings,
/// and win over what the program itself has set. `--help` lists them.
///
/// | option | |
/// |---|---|
/// | `run` | runs the job; the default |
/// | `explain --format text\|mermaid\|dot\|json` | shows the plan; no input is started |
/// | `tune --max-batch-interval 60s` | runs the job to find its shortest stable batch interval, see below |
/// | `--batch-interval 500ms` | how long a batch is: also `100us`, `1s`, `1min 30s` |
/// | `--threads N`, `--partitions N` | how many threads run the stages, how wide a shuffle is |
/// | `--max-batches N`, `--duration 10s` | when to end |
/// | `--max-batch-interval 5s` | lets batches grow: see [`Job::adaptive_interval`] |
/// | `--rate-control`, `--initial-rate N` | limits the inputs: see [`Job::rate_control`] |
/// | `--attempts N`, `--retry-delay 1s` | how often a batch is tried, and how long to wait in between |
/// | `--dead-letters FILE` | puts records aside that make a batch fail: see [`Job::dead_letters`] |
/// | `--stop-within 30s` | how long a graceful stop may take |
/// | `--checkpoint-dir DIR` | where the job keeps what it needs to go on after a stop or a crash |
/// | `--fresh` | fails if the checkpoint is not empty |
/// | `--reset-state NAME` | begins that state anew |
/// | `--catch-up every\|skip` | what becomes of the batches of the time that the job was down |
/// | `--ui [ADDR]` | shows the job on a web page while it runs, at 127.0.0.1:4040 by default; needs the feature `dashboard` |
/// | `--ui-token TOKEN` | the secret that stops the job from its page; also in `STREAM_UI_TOKEN` |
/// | `--log LEVEL` | what to log: `warn` by default; also by module, `warn,my_app=debug` |
/// | `--quiet` | no status line, no summary |
/// | `--version` | of the program, and of this crate |
///
/// With one of these as its first words the program looks into a checkpoint, or a copy of one,
/// whatever its own options are:
///
/// | command | |
/// |---|---|
/// | `state ls DIR` | the states, with the types of their keys and values |
/// | `state get DIR KEY` | what is kept for a key, as a line of JSON for each state that has it |
/// | `state export DIR` | all keys with what is kept for them, as lines of JSON |
/// | `checkpoint verify DIR` | reads everything, says what there is, and fails if a file is damaged |
///
/// # Tuning
///
/// `tune` runs the job, its outputs as always, with one batch interval after the other, and ends by
/// itself after a minute or so, see [`Job::tune`](crate::Job::tune). It begins with five seconds, or the
/// pipeline's own interval if that is longer. Then standard output has what was tried, and what to do:
///
/// ```text
///   interval   batches    records/s  processing time  total delay
///         5s         5      100,000           1.61 s       1.61 s  stable
///         2s         5      100,000           649 ms       650 ms  stable
///       20ms        50      100,050          14.9 ms      15.0 ms  stable
///       16ms        63      100,012          14.1 ms      14.2 ms  stable
///       13ms        77       99,940          12.9 ms      14.6 ms  falls behind
///
/// a batch takes about 8.50 ms, and 350 ms for each second that it covers
/// the shortest batch interval that keeps up, with 12 % to spare:
///   --batch-interval 16ms     on the command line
///   #[batch(16ms)]            in the program
/// ```
///
/// If even the longest interval is too short, it says what came in, what the job can process, and what
/// helps. Ctrl-C ends it with what is known by then.
///
/// # Signals
///
/// The first Ctrl-C or SIGTERM stops the job gracefully: no more is received, what was received is
/// processed. The second ends the process at once. The job is also stopped gracefully
/// when nobody reads its standard output any more.
///
/// # Memory
///
/// The process keeps what a batch frees for the next one: see
/// [`keep_freed_memory`](crate::keep_freed_memory).
///
/// # Systemd
///
/// As a service of `Type=notify` the program says when its inputs are open, what it is doing, and when
/// it stops. With `WatchdogSec=` it reports that it lives as long as batches come to their end: a batch
/// that hangs gets the service restarted, which goes on from its checkpoint.
///
/// # Exit codes
///
/// | code | |
/// |---|---|
/// | 0 | the job came to its end or was stopped gracefully |
/// | 1 | it did not start, or it failed: `run` returns the error, and `main` prints it |
/// | 2 | wrong usage |
/// | 130 | ended at once by a second signal |
///
/// # What goes where
///
/// `print` writes to standard output, all else to standard error: log lines, the status line (on a
/// terminal only), and at the end a summary. On a terminal they do not mix.
#[derive(Debug)]
#[must_use = "a launcher does nothing until it runs a job"]
pub struct Launcher {
    arguments: Arguments,
}

impl Launcher {
    /// A launcher that does what the command line says.
    ///
    /// Ends the process when that is to show the help, or when it cannot be understood.
    pub fn from_args() -> Self {
        Self::with_args::<()>().0
    }

    /// As [`from_args`](Self::from_args), for a program with options of its own.
    ///
    /// They are a struct that derives `clap::Args`, with `clap = { version = "4", features =
    /// ["derive"] }` among the program's dependencies; its doc comment is what `--help` begins with.
    /// They may be options; a positional argument would have to follow `run`.
    ///
    /// ```no_run
    /// use stream_runtime::prelude::*;
    ///
    /// stream!(
    ///     pub fn show(lines: Stream<&str>) {
    ///         lines.print();
    ///     }
    /// );
    ///
    /// /// Shows lines of text.
    /// #[derive(clap::Args)]
    /// struct Options {
    ///     /// Where the lines come from.
    ///     #[arg(long, value_name = "HOST:PORT")]
    ///     socket: String,
    /// }
    ///
    /// fn main() -> stream_runtime::Result<()> {
    ///     let (launcher, options) = Launcher::with_args::<Options>();
    ///     launcher.run(show(socket_text(options.socket)))
    /// }
    /// ```
    pub fn with_args<A: clap::Args>() -> (Self, A) {
        let line: Vec<_> = std::env::args_os().collect();
        if let Some(inspect) = inspect::parse(&line) {
            end(&inspect.unwrap_or_else(|error| error.exit()));
        }
        let (arguments, own) = arguments::parse(line).unwrap_or_else(|error| error.exit());
        (Self { arguments }, own)
    }

    /// Runs the job. When the command line asks for the plan or the version instead, shows that and
    /// ends the process, as `--help` does: what a program does after its job it should not do then.
    ///
    /// # Errors
    ///
    /// What the job ended with. [`Error`] prints well from `main`.
    pub fn run(self, job: Job) -> Result<()> {
        match self.arguments.action {
            Action::Run => {
                return run(job, &self.arguments, |job| job.run().map(drop));
            }
            Action::Tune(longest) => tune(job, &self.arguments, longest)?,
            Action::Explain(format) => explain(&job, format)?,
            Action::Version => say(&arguments::version(job.package()))?,
        }
        std::process::exit(0)
    }
}

/// Looks into a checkpoint, and ends the process: the program cannot make its job for that, since
/// its own options are not given.
fn end(inspect: &inspect::Inspect) -> ! {
    match inspect.run(&mut io::stdout().lock()) {
        Ok(()) => std::process::exit(0),
        Err(error) => {
            eprintln!("Error: {error:?}");
            std::process::exit(1)
        }
    }
}

/// Runs the job by `run`, with all that people expect of a program.
fn run<T>(job: Job, arguments: &Arguments, run: impl FnOnce(Job) -> Result<T>) -> Result<T> {
    let screen = Screen::of_process(!arguments.quiet);
    screen.step_aside_for_panics();
    keep_freed_memory();
    log::start(arguments.log.clone(), &screen);
    let mut job = arguments.apply(job)?;
    let stop = job.stop_signal();
    let console = &mut job.settings.console;
    console.get_or_insert_with(|| Box::new(screen.console(stop.clone())));
    let page = arguments.ui.open(&job, &screen)?;
    let signals = signals::stop_on(stop, &screen)?;
    let progress = job.progress();
    let status = status::Status::start(progress.clone(), job.settings.batch_interval, &screen);
    tracing::info!(pipeline = job.plan.pipeline, "running");
    let result = run(job);
    status.end();
    drop((signals, page));
    summarize(&screen, &progress, result.is_ok());
    result
}

fn tune(job: Job, arguments: &Arguments, longest: Duration) -> Result<()> {
    let tuning = run(job, arguments, |job| job.tune(longest))?;
    say(&tune::text(&tuning))
}

/// Of a job that did not come to its first batch the error says it all.
fn summarize(screen: &Screen, progress: &Progress, ended_well: bool) {
    let summary = progress.now().summary;
    if ended_well || summary.batches > 0 {
        screen.note(&text::summary(&summary, ended_well));
    }
}

fn explain(job: &Job, format: Format) -> Result<()> {
    say(&job.explain(format))
}

/// Writes to standard output; that nobody reads it to its end is no error.
fn say(text: &str) -> Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::io("writing to standard output", error))
        }
        _ => Ok(()),
    }
}
