//! Dead letters: records that make a batch fail, and are put aside.

use std::any::Any;
use std::io;

use crate::time::BatchTime;

/// A record that makes its batch fail, and was put aside so that the others could go on: see
/// [`Job::dead_letters`](crate::Job::dead_letters).
#[derive(Debug)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The batch that it came in.
    pub time: BatchTime,
    /// The parameter of the pipeline whose input it came from.
    pub input: &'static str,
    /// How many records of this input are before it in the batch: exact for rows, about so many for
    /// lines of text.
    pub at: u64,
    /// How many records this is: one, unless the input's blocks cannot be cut.
    pub records: u64,
    /// The record with its line end, if it is text.
    pub text: Option<String>,
    /// What happens with it: the operator and its line, and the panic.
    pub failure: String,
    /// The block with the record in it, of the input's own type, such as
    /// [`Rows<T>`](crate::Rows) or [`Text`](crate::Text).
    pub block: Box<dyn Any + Send>,
}

/// Someone who takes dead letters.
pub(crate) type TakeDeadLetters = Box<dyn FnMut(&[DeadLetter]) -> io::Result<()> + Send>;
