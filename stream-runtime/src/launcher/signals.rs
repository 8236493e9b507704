//! Ctrl-C and SIGTERM: the first stops the job gracefully, the second ends the process.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::screen::Screen;
use crate::clock::Signal;
use crate::error::{Error, Result};

/// The exit code of a process that a second signal has ended: 128 and the number of SIGINT.
const ENDED_AT_ONCE: i32 = 130;

/// The job that a signal is for. A process has one handler for good, and may run one job after the
/// other.
static TARGET: Mutex<Option<Target>> = Mutex::new(None);

struct Target {
    stop: Signal,
    screen: Screen,
    asked: bool,
}

/// Ends the signals' interest in a job when it is dropped.
#[must_use = "signals find the job as long as this lives"]
pub(super) struct Signals(());

impl Drop for Signals {
    fn drop(&mut self) {
        *target() = None;
    }
}

/// Lets signals stop a job.
pub(super) fn stop_on(stop: Signal, screen: &Screen) -> Result<Signals> {
    static LISTENING: OnceLock<Result<(), String>> = OnceLock::new();
    if let Err(cause) = LISTENING.get_or_init(listen) {
        return Err(Error::Config(format!(
            "the launcher cannot listen for Ctrl-C and SIGTERM: {cause}"
        )));
    }
    *target() = Some(Target {
        stop,
        screen: screen.clone(),
        asked: false,
    });
    Ok(Signals(()))
}

/// SIGHUP keeps its meaning, so that `nohup` does what it is for.
#[cfg(unix)]
fn listen() -> Result<(), String> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]);
    let mut signals = signals.map_err(|error| error.to_string())?;
    let thread = std::thread::Builder::new().name("stream-signals".to_owned());
    let thread = thread.spawn(move || signals.forever().for_each(|_| on_signal()));
    thread.map(drop).map_err(|error| error.to_string())
}

#[cfg(not(unix))]
fn listen() -> Result<(), String> {
    ctrlc::set_handler(on_signal).map_err(|error| error.to_string())
}

/// Runs on a thread of its own, so it may take locks and write.
fn on_signal() {
    match &mut *target() {
        Some(target) if !target.asked => {
            target.asked = true;
            target.stop.raise();
            target
                .screen
                .note("stopping: what was received is being processed; once more to stop at once");
        }
        Some(target) => {
            target.screen.close();
            std::process::exit(ENDED_AT_ONCE);
        }
        None => std::process::exit(ENDED_AT_ONCE),
    }
}

fn target() -> MutexGuard<'static, Option<Target>> {
    TARGET.lock().unwrap_or_else(PoisonError::into_inner)
}
