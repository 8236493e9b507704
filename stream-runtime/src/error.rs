//! What can go wrong, each with the cause and the remedy.

use crate::site::Site;
use crate::time::BatchTime;

/// A result with this crate's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a job did not start, or stopped.
#[derive(Debug, thiserror::Error)]
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
    /// Reading or writing failed.
    #[error("{context}: {source}")]
    Io {
        /// What was being done, on which path or address.
        context: String,
        /// What the operating system said.
        source: std::io::Error,
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
}
