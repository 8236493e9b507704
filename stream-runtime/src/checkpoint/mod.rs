//! The journal of a job: what its batches are made of and what they change, durable in time.
//!
//! | record | says | must be durable |
//! |---|---|---|
//! | start | which job this is; it begins each segment | with what follows |
//! | plan | where the input of a batch ends | before an output of the batch is run |
//! | state | what a state is after a migration or a reset | with what follows |
//! | commit | what a batch has changed, and where the inputs stand after it | before a source may forget the batch |
//!
//! A commit carries, beside the changes of each state, the next slice of its image. When the images
//! of all states are complete, a *round* is: what was written since it began is all that recovery
//! needs. The next round begins with a new segment, and the segments before the last complete round
//! are removed. So neither the journal nor the time to recover grows with the age of a job, and no
//! batch ever waits for the whole state to be written.
//!
//! | file | what is in it |
//! |---|---|
//! | `codec` | postcard, from bytes that are not trusted |
//! | `record` | the records |
//! | `draft` | a commit before it is put into bytes |
//! | `recovered` | what a journal says, read from its beginning |
//! | `journal` | the order of records, and when segments begin |
//! | `rounds` | which slices go into which commit |
//! | `writer` | who appends and syncs: the calling thread, or one of its own |
//! | `checkpointer` | what the driver talks to |

mod checkpointer;
mod codec;
mod draft;
mod journal;
mod record;
mod recovered;
mod rounds;
mod writer;

#[cfg(test)]
mod tests;

pub(crate) use checkpointer::{Checkpointer, Identity, Opened, open};
pub(crate) use draft::NamedBytes;
pub(crate) use recovered::Recovered;
#[cfg(feature = "launcher")]
pub(crate) use recovered::read;
pub(crate) use writer::Mode;
