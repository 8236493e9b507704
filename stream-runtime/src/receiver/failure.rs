//! Why a receiver failed, and what to do then.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Why a receiver's `run` ended before its source did, and when to run it again.
///
/// `?` makes one of any error, so that most receivers never name it:
///
/// ```
/// use stream_runtime::receiver::ReceiverError;
/// use std::time::Duration;
///
/// fn port(text: &str) -> Result<u16, ReceiverError> {
///     Ok(text.parse()?)
/// }
///
/// assert_eq!(port("x").unwrap_err().to_string(), "invalid digit found in string");
/// let busy = ReceiverError::new("the server is busy").restart_after(Duration::from_secs(30));
/// let wrong = ReceiverError::new("the password is wrong").fatal();
/// # let _ = (busy, wrong);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverError {
    message: String,
    restart: Restart,
}

/// When a receiver that has failed is run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Restart {
    /// After the delay of the receiver's settings.
    Usual,
    /// After this delay.
    After(Duration),
    /// Not at all: the job fails.
    Never,
}

impl ReceiverError {
    /// A failure after which the receiver is restarted with the usual delay.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            restart: Restart::Usual,
        }
    }

    /// Restarts the receiver after `delay` on the job's clock, instead of after the usual one.
    #[must_use]
    pub fn restart_after(mut self, delay: Duration) -> Self {
        self.restart = Restart::After(delay);
        self
    }

    /// Never restarts the receiver: the job stops with this error. For what no waiting can cure.
    #[must_use]
    pub fn fatal(mut self) -> Self {
        self.restart = Restart::Never;
        self
    }

    pub(super) fn restart(&self) -> Restart {
        self.restart
    }
}

impl fmt::Display for ReceiverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The text of the error and of all its causes. (`ReceiverError` is no `Error` itself, so that `?`
/// can make one of any.)
impl<E: Error> From<E> for ReceiverError {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message = format!("{message}: {error}");
            cause = error.source();
        }
        Self::new(message)
    }
}

/// A record was not stored: the receiver has been stopped. Return from `run`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the receiver has been stopped")]
pub struct Stopped;
