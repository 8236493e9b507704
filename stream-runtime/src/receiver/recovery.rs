//! What an input does about a batch that has to be run again after a crash.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::receiver::inbox::Mark;

/// How an input gives the records of a batch once more, after the process that ran it has died.
///
/// Within one process no input is asked: a batch keeps its blocks until its outputs are done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recovery {
    /// It has positions and can go back to one: files, or a message queue that keeps its messages.
    Replays,
    /// It writes what it receives into the job's log before that counts as received.
    Logs,
    /// It cannot, so a job that has a checkpoint does not start.
    Never {
        /// What the user can do about it, as an imperative.
        remedy: String,
    },
}

impl Recovery {
    /// That it cannot, with what to do about it.
    pub fn never(remedy: impl Into<String>) -> Self {
        Self::Never {
            remedy: remedy.into(),
        }
    }
}

/// Writes a position down, with the kind of input that it belongs to.
pub(super) fn encode<T: Serialize>(kind: &str, position: &T) -> Vec<u8> {
    postcard::to_stdvec(&(kind, position)).expect("a position is plain data")
}

/// Reads what [`encode`] wrote. The bytes come from a file, so nothing is taken for granted.
///
/// # Errors
///
/// When they are a position of another kind of input, or none.
pub(super) fn decode<T: DeserializeOwned>(input: &str, kind: &str, bytes: &[u8]) -> Result<T> {
    let wrong = |what: String| {
        unfit(
            input,
            format!("its position in the checkpoint is {what} of `{kind}`"),
        )
    };
    match postcard::take_from_bytes::<&str>(bytes) {
        Ok((found, rest)) if found == kind => match postcard::take_from_bytes(rest) {
            Ok((position, [])) => Ok(position),
            Ok(_) => Err(wrong("too long for one".to_owned())),
            Err(error) => Err(wrong(format!("not one ({error})"))),
        },
        Ok((found, _)) => Err(wrong(format!("one of `{}`, not", found.escape_debug()))),
        Err(error) => Err(wrong(format!("not one ({error})"))),
    }
}

/// The checkpoint does not fit to what the input has now.
pub(super) fn unfit(input: &str, what: impl std::fmt::Display) -> Error {
    Error::Input {
        input: input.to_owned(),
        cause: format!(
            "{what}: give the input what it had when the checkpoint was made, or start afresh with another checkpoint directory"
        ),
    }
}

/// A batch was planned with blocks that the log does not have.
pub(super) fn lacks_blocks(input: &str, end: &Mark) -> Error {
    let last = end.next.saturating_sub(1);
    unfit(
        input,
        format_args!("a batch has its blocks up to number {last}, and its log has them not"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(bytes: &[u8]) -> String {
        let decoded = decode::<(u64, String)>("lines", "queue", bytes);
        let text = decoded.unwrap_err().to_string();
        let (what, remedy) = text.split_once(": give the input").unwrap();
        assert!(remedy.ends_with("another checkpoint directory"));
        what.to_owned()
    }

    #[test]
    fn positions_come_back_and_are_not_mistaken() {
        let position = (7_u64, "seven".to_owned());
        let bytes = encode("queue", &position);
        let decoded: (u64, String) = decode("lines", "queue", &bytes).unwrap();
        assert_eq!(decoded, position);
        let prefix = "input `lines`: its position in the checkpoint is ";
        assert_eq!(
            error(&encode("files", &position)),
            format!("{prefix}one of `files`, not of `queue`")
        );
        assert_eq!(
            error(&[&bytes[..], &[0]].concat()),
            format!("{prefix}too long for one of `queue`")
        );
        for len in 0..bytes.len() {
            assert!(error(&bytes[..len]).starts_with(&format!("{prefix}not one (")));
        }
    }
}
