//! What can go wrong, each with the cause and the remedy.

use std::fmt;

use crate::site::Site;
use crate::time::BatchTime;

/// A result with this crate's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a job did not start, or stopped.
///
/// `Debug` writes what `Display` does and a line of [`help`](Self::help), because that is what a
/// `main` that returns it prints.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting that cannot work; the text names it and the way out.
    #[error("{0}")]
    Config(String),
    /// An input could not be read.
    #[error("input `{input}`: {cause}")]
    Input {
        /// The parameter of the pipeline that the input feeds.
        input: String,
        /// What happened, where.
        cause: String,
    },
    /// A batch failed; its outputs up to the failing one stand, the rest do not.
    #[error("batch {time}: {failure}")]
    Batch {
        /// The batch that failed.
        time: BatchTime,
        /// Which operator or output, and why.
        failure: Failure,
    },
    /// A graceful stop did not come to its end in the time that it had.
    #[error(
        "the graceful stop was not done after {patience:?}: {due} batches that were due were not run"
    )]
    StopTookTooLong {
        /// How long it was allowed to take.
        patience: std::time::Duration,
        /// How many batches were due and not run.
        due: u64,
    },
    /// Reading or writing failed.
    #[error("{context}: {source}")]
    Io {
        /// What was being done, on which path or address.
        context: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A checkpoint or a log could not be read or written.
    #[error("`{path}`: {problem}")]
    Checkpoint {
        /// The file or directory.
        path: String,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        remedy: String,
    },
}

impl Error {
    /// An I/O error, with what was being done when it happened.
    pub fn io(context: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io {
            context: context.into(),
            source,
        }
    }

    /// A checkpoint or log that cannot be used: where, why, and what to do about it.
    pub(crate) fn checkpoint(
        path: impl ToString,
        problem: impl ToString,
        remedy: impl ToString,
    ) -> Self {
        Self::Checkpoint {
            path: path.to_string(),
            problem: problem.to_string(),
            remedy: remedy.to_string(),
        }
    }

    /// What to do about it, where the error itself does not say.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Batch { failure, .. } => Some(failure.help()),
            Self::Checkpoint { remedy, .. } => Some(remedy),
            Self::StopTookTooLong { .. } => Some(
                "with a checkpoint nothing is lost: start the job again; or give it more time (`--stop-within`)",
            ),
            Self::Config(_) | Self::Input { .. } | Self::Io { .. } => None,
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match self.help() {
            Some(help) => write!(f, "\nhelp: {help}"),
            None => Ok(()),
        }
    }
}

impl Failure {
    fn help(&self) -> &'static str {
        match self {
            Self::Panicked { .. } => {
                "send records that may fail through `try_map`, or let a failed batch be tried again (`--attempts`)"
            }
            Self::Argument { .. } => {
                "arguments are computed anew for each batch: check them in a statement of the pipeline, which runs once"
            }
            Self::Output { .. } => {
                "the batches before it are written; start the job again when the cause is gone"
            }
            Self::Exchange { .. } => {
                "a record must come back from serde as it went: look for fields that are skipped"
            }
            Self::Window { .. } => {
                "length and slide are multiples of the batch interval: choose others, or another interval"
            }
            Self::State { .. } => {
                "the checkpoint is left as it was: say how the state becomes the new one (`Job::migrate_state`), begin it anew (`--reset-state NAME`), or use the program that wrote it"
            }
        }
    }
}

/// Why one batch failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The user's code panicked inside an operator.
    #[error("{site} panicked: {message}")]
    Panicked {
        /// The operator, with its place in the user's source.
        site: Site,
        /// The text of the panic.
        message: String,
    },
    /// The user's code panicked in an argument of an operator, such as `take(limit / share)`.
    #[error("an argument of an operator panicked: {message}")]
    Argument {
        /// The text of the panic.
        message: String,
    },
    /// An output could not be written.
    #[error("{site} failed: {message}")]
    Output {
        /// The output operation, with its place in the user's source.
        site: Site,
        /// What happened.
        message: String,
    },
    /// Records could not cross partitions: they do not survive being serialized.
    #[error("{site}: records cannot be exchanged: {message}")]
    Exchange {
        /// The operator that moves the records.
        site: Site,
        /// What the codec said.
        message: String,
    },
    /// A window does not fit the batch interval.
    #[error("{site}: {message}")]
    Window {
        /// The operator that looks through the window.
        site: Site,
        /// Which of its durations, and the nearest ones that fit.
        message: String,
    },
    /// What an operator remembers could not be restored.
    #[error("{site}: {message}")]
    State {
        /// The operator that remembers.
        site: Site,
        /// What is wrong with what was read.
        message: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn main_prints_the_cause_and_the_remedy() {
        let failure = Failure::Panicked {
            site: Site::here("map"),
            message: "no".to_owned(),
        };
        let error = Error::Batch {
            time: BatchTime::from_millis(7),
            failure,
        };
        let (text, help) = (error.to_string(), error.help().unwrap());
        assert!(text.ends_with("panicked: no"), "{text}");
        assert_eq!(format!("{error:?}"), format!("{text}\nhelp: {help}"));
    }
}
