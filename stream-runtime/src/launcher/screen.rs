//! The terminal: results, log lines and the status line share it without mixing.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Signal;

/// The process's standard output and standard error. On a terminal the last line is the status
/// line: whoever writes takes it away first and puts it back after.
///
/// Clones are handles to the same screen.
#[derive(Debug, Clone)]
pub(super) struct Screen {
    shared: Arc<Mutex<Shared>>,
    terminal: bool,
    notes: bool,
}

struct Shared {
    output: Box<dyn Write + Send>,
    errors: Box<dyn Write + Send>,
    /// What the status line is to show; empty: there is none.
    status: String,
    /// Whether the status line is on the terminal now.
    drawn: bool,
    /// Whether what was written last did not end its line: no status line until it has.
    mid_line: bool,
}

/// The two ends of the process that are written to.
#[derive(Clone, Copy)]
enum To {
    Output,
    Errors,
}

/// Ends the text where the terminal ends instead of wrapping it (DECAWM): only one line can be
/// taken away again.
const NO_WRAP: &str = "\x1b[?7l";
const WRAP: &str = "\x1b[?7h";
const CLEAR_LINE: &str = "\r\x1b[K";

impl Screen {
    /// The screen of this process; with `notes` it shows notes, and a status line on a terminal.
    pub(super) fn of_process(notes: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let terminal = io::stderr().is_terminal() && !dumb;
        Self::new(io::stdout(), io::stderr(), terminal, notes)
    }

    fn new(
        output: impl Write + Send + 'static,
        errors: impl Write + Send + 'static,
        terminal: bool,
        notes: bool,
    ) -> Self {
        let shared = Shared {
            output: Box::new(output),
            errors: Box::new(errors),
            status: String::new(),
            drawn: false,
            mid_line: false,
        };
        Self {
            shared: Arc::new(Mutex::new(shared)),
            terminal,
            notes,
        }
    }

    /// Whether people look at standard error.
    pub(super) fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Shows a status line; an empty one takes it away.
    pub(super) fn status(&self, text: String) {
        if self.terminal && self.notes {
            let mut shared = self.shared();
            shared.status = text;
            shared.clear();
            shared.draw();
        }
    }

    /// Tells the user something, on lines of its own.
    pub(super) fn note(&self, text: &str) {
        if self.notes {
            // There is nobody to tell that standard error is closed.
            let _ = self
                .shared()
                .write(To::Errors, format!("{text}\n").as_bytes());
        }
    }

    /// Standard output. When nobody reads it any more, `stop` is raised and what is written is
    /// dropped.
    pub(super) fn console(&self, stop: Signal) -> Console {
        Console {
            screen: self.clone(),
            stop,
        }
    }

    /// Standard error.
    pub(super) fn errors(&self) -> Errors {
        Errors {
            screen: self.clone(),
        }
    }

    /// The text of a panic begins on a line of its own.
    pub(super) fn step_aside_for_panics(&self) {
        let (screen, hook) = (self.clone(), std::panic::take_hook());
        std::panic::set_hook(Box::new(move |panic| {
            screen.close();
            hook(panic);
        }));
    }

    /// Takes the status line away until there is a new one. Never waits: for whoever panics, or
    /// ends the process.
    pub(super) fn close(&self) {
        if let Ok(mut shared) = self.shared.try_lock() {
            shared.status.clear();
            shared.clear();
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Writes with the status line out of the way.
    fn write(&mut self, to: To, bytes: &[u8]) -> io::Result<()> {
        self.clear();
        let to = match to {
            To::Output => &mut self.output,
            To::Errors => &mut self.errors,
        };
        to.write_all(bytes)?;
        to.flush()?;
        self.mid_line = bytes.last().is_some_and(|last| *last != b'\n');
        self.draw();
        Ok(())
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            self.send(CLEAR_LINE);
        }
    }

    fn draw(&mut self) {
        if !self.status.is_empty() && !self.mid_line {
            let line = format!("{NO_WRAP}{}{WRAP}", self.status);
            self.send(&line);
            self.drawn = true;
        }
    }

    /// Writes to the terminal; one that is gone needs no status line.
    fn send(&mut self, text: &str) {
        let sent = self.errors.write_all(text.as_bytes());
        let _ = sent.and_then(|()| self.errors.flush());
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("status", &self.status)
            .field("drawn", &self.drawn)
            .finish_non_exhaustive()
    }
}

/// Standard output, for what the pipeline prints.
#[derive(Debug)]
pub(super) struct Console {
    screen: Screen,
    stop: Signal,
}

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.screen.shared().write(To::Output, bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.stop.raise(),
            result => result?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Standard error, for log lines.
#[derive(Debug)]
pub(super) struct Errors {
    screen: Screen,
}

impl Write for Errors {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.screen.shared().write(To::Errors, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A terminal that keeps what is sent to it, with names for the control sequences.
    #[derive(Clone, Default)]
    struct Terminal(Arc<Mutex<Vec<u8>>>);

    impl Write for Terminal {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Terminal {
        fn text(&self) -> String {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            text.replace(CLEAR_LINE, "<clear>")
                .replace(NO_WRAP, "<")
                .replace(WRAP, ">")
        }
    }

    fn screen(terminal: &Terminal) -> Screen {
        Screen::new(terminal.clone(), terminal.clone(), true, true)
    }

    #[test]
    fn results_and_notes_stand_above_the_status_line() {
        let terminal = Terminal::default();
        let screen = screen(&terminal);
        screen.status("one".to_owned());
        screen.console(Signal::new()).write_all(b"(a,1)\n").unwrap();
        screen.status("two".to_owned());
        screen.note("stopping");
        screen.status(String::new());
        assert_eq!(
            terminal.text(),
            "<one><clear>(a,1)\n<one><clear><two><clear>stopping\n<two><clear>"
        );
    }

    #[test]
    fn a_line_is_not_cut_by_the_status_line() {
        let terminal = Terminal::default();
        let screen = screen(&terminal);
        let mut console = screen.console(Signal::new());
        console.write_all(b"(a,").unwrap();
        screen.status("one".to_owned());
        console.write_all(b"1)\n").unwrap();
        assert_eq!(terminal.text(), "(a,1)\n<one>");
    }

    #[test]
    fn there_is_no_status_line_in_a_pipe_and_no_note_when_quiet() {
        let terminal = Terminal::default();
        let pipe = Screen::new(terminal.clone(), terminal.clone(), false, true);
        pipe.status("one".to_owned());
        pipe.note("done");
        let quiet = Screen::new(terminal.clone(), terminal.clone(), true, false);
        quiet.status("two".to_owned());
        quiet.note("done");
        assert_eq!(terminal.text(), "done\n");
    }

    #[test]
    fn a_job_whose_results_nobody_reads_is_stopped() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let stop = Signal::new();
        let screen = Screen::new(Closed, Terminal::default(), false, true);
        screen.console(stop.clone()).write_all(b"(a,1)\n").unwrap();
        assert!(stop.is_raised());
    }
}
