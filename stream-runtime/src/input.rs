//! An input: a source between the scheduler, which asks it for batches, and the batch function,
//! which reads them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::block::BlockSize;
use crate::context::BatchContext;
use crate::error::{Error, Result};
use crate::metrics::InputInfo;
use crate::receiver::{Recovery, Source, SourceContext};
use crate::sieve::{Pieces, Sieve};
use crate::time::BatchTime;

/// A source with the batches that it has given and that are not done: shared by the scheduler,
/// which asks for them, and the batch function, which reads them.
pub struct Input<S: Source> {
    shared: Arc<Mutex<InputState<S>>>,
}

struct InputState<S: Source> {
    name: &'static str,
    source: S,
    batches: Vec<(BatchTime, Arc<Blocks<S::Block>>)>,
}

/// The blocks of one batch of one input.
#[derive(Debug)]
pub struct Blocks<B> {
    blocks: Vec<B>,
}

/// What the scheduler does with an input, whatever its records are.
pub trait AnyInput: Send {
    /// See [`Source::start`]. `partitions` and the rest of the context come from the job.
    fn start(&mut self, context: SourceContext) -> Result<()>;
    /// See [`Source::resume`]: in place of `start`.
    fn resume(&mut self, context: SourceContext, position: &[u8]) -> Result<()>;
    /// The parameter that this input feeds.
    fn name(&self) -> &'static str;
    /// Asks the source for a batch and keeps it; whether there was anything in it.
    fn generate(&mut self, time: BatchTime) -> Result<bool>;
    /// Has the source give the batch at `time` again, up to `end`, and keeps it; whether there was
    /// anything in it. See [`Source::replay`].
    fn replay(&mut self, time: BatchTime, end: &[u8]) -> Result<bool>;
    /// Where the last batch ends. See [`Source::position`].
    fn position(&self) -> Vec<u8>;
    /// Fails, with the remedy, when a job with this input cannot have a checkpoint.
    fn check_recovery(&self) -> Result<()>;
    /// What it gave to the batch at `time`, as far as that is known before the batch is run.
    fn given(&self, time: BatchTime) -> InputInfo;
    /// Takes the blocks out of the batch at `time`, to run it with some of them. When the sieve is
    /// dropped, the batch keeps those that it was given last.
    fn sift(&self, time: BatchTime) -> Box<dyn Sieve>;
    /// Lets go of a batch whose outputs are done. See [`Source::done`].
    fn done(&mut self, time: BatchTime);
    /// See [`Source::committed`].
    fn commit(&mut self, time: BatchTime);
    /// See [`Source::is_finished`].
    fn is_finished(&self) -> bool;
    /// See [`Source::is_at_rest`].
    fn is_at_rest(&self) -> bool;
    /// See [`Source::set_rate`].
    fn set_rate(&mut self, records_per_second: Option<f64>);
    /// See [`Source::stop`].
    fn stop(&mut self);
}

impl<S: Source> Input<S> {
    /// An input for the parameter `name`.
    pub fn new(name: &'static str, source: S) -> Self {
        Self {
            shared: Arc::new(Mutex::new(InputState {
                name,
                source,
                batches: Vec::new(),
            })),
        }
    }

    /// The scheduler's handle.
    pub fn control(&self) -> Box<dyn AnyInput> {
        Box::new(Self {
            shared: Arc::clone(&self.shared),
        })
    }

    /// The blocks of the batch that is being run.
    pub fn blocks(&self, context: &BatchContext<'_>) -> Arc<Blocks<S::Block>> {
        let state = self.state();
        match state.find(context.time()) {
            Some(at) => Arc::clone(&state.batches[at].1),
            None => Arc::new(Blocks { blocks: Vec::new() }),
        }
    }

    fn state(&self) -> MutexGuard<'_, InputState<S>> {
        lock(&self.shared)
    }
}

fn lock<S: Source>(shared: &Mutex<InputState<S>>) -> MutexGuard<'_, InputState<S>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: Source> InputState<S> {
    /// Keeps a batch until it is done, so that each attempt finds the same blocks; whether
    /// there is anything in it.
    fn keep(&mut self, time: BatchTime, blocks: Vec<S::Block>) -> bool {
        let blocks = Blocks { blocks };
        let any = blocks.records_hint() > 0;
        self.batches.push((time, Arc::new(blocks)));
        any
    }

    /// Gives a batch other blocks, and gives up those that it had.
    fn replace(&mut self, time: BatchTime, blocks: Vec<S::Block>) -> Arc<Blocks<S::Block>> {
        let blocks = Arc::new(Blocks { blocks });
        match self.find(time) {
            Some(at) => std::mem::replace(&mut self.batches[at].1, blocks),
            None => {
                self.batches.push((time, blocks));
                Arc::new(Blocks { blocks: Vec::new() })
            }
        }
    }

    /// Where a batch is kept.
    fn find(&self, time: BatchTime) -> Option<usize> {
        for (at, (batch, _)) in self.batches.iter().enumerate() {
            if *batch == time {
                return Some(at);
            }
        }
        None
    }
}

impl<S: Source> fmt::Debug for Input<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input")
            .field("name", &self.state().name)
            .finish_non_exhaustive()
    }
}

impl<S: Source> AnyInput for Input<S> {
    fn start(&mut self, context: SourceContext) -> Result<()> {
        self.state().source.start(&context)
    }

    fn resume(&mut self, context: SourceContext, position: &[u8]) -> Result<()> {
        self.state().source.resume(&context, position)
    }

    fn name(&self) -> &'static str {
        self.state().name
    }

    fn generate(&mut self, time: BatchTime) -> Result<bool> {
        let mut state = self.state();
        let blocks = state.source.batch(time)?;
        Ok(state.keep(time, blocks))
    }

    fn replay(&mut self, time: BatchTime, end: &[u8]) -> Result<bool> {
        let mut state = self.state();
        let blocks = state.source.replay(time, end)?;
        Ok(state.keep(time, blocks))
    }

    fn position(&self) -> Vec<u8> {
        self.state().source.position()
    }

    fn check_recovery(&self) -> Result<()> {
        let state = self.state();
        match state.source.recovery() {
            Recovery::Replays | Recovery::Logs => Ok(()),
            Recovery::Never { remedy } => Err(Error::Input {
                input: state.name.to_owned(),
                cause: format!(
                    "a job with a checkpoint needs inputs that can give their records again after a crash, and this one cannot: {remedy}"
                ),
            }),
        }
    }

    fn given(&self, time: BatchTime) -> InputInfo {
        let state = self.state();
        let blocks = state.find(time).map(|at| &state.batches[at].1.blocks);
        let blocks = || blocks.into_iter().flatten();
        InputInfo {
            name: state.name,
            records: blocks().map(|block| block.records_hint() as u64).sum(),
            bytes: blocks().map(|block| block.bytes() as u64).sum(),
            receiver: state.source.status(),
        }
    }

    fn sift(&self, time: BatchTime) -> Box<dyn Sieve> {
        let (put, take) = (Arc::clone(&self.shared), Arc::clone(&self.shared));
        let put = move |blocks| lock(&put).replace(time, blocks);
        let take = move || {
            let blocks = lock(&take).replace(time, Vec::new());
            // The batch function lets go of the blocks when it ends.
            Arc::try_unwrap(blocks).map_or_else(|_| Vec::new(), |blocks| blocks.blocks)
        };
        Box::new(Pieces::new(move |blocks| drop(put(blocks)), take))
    }

    fn done(&mut self, time: BatchTime) {
        let mut state = self.state();
        if let Some(at) = state.find(time) {
            state.batches.remove(at);
        }
        state.source.done(time);
    }

    fn commit(&mut self, time: BatchTime) {
        self.state().source.committed(time);
    }

    fn is_finished(&self) -> bool {
        self.state().source.is_finished()
    }

    fn is_at_rest(&self) -> bool {
        self.state().source.is_at_rest()
    }

    fn set_rate(&mut self, records_per_second: Option<f64>) {
        self.state().source.set_rate(records_per_second);
    }

    fn stop(&mut self) {
        self.state().source.stop();
    }
}

impl<B: BlockSize> Blocks<B> {
    /// The partitions of the batch: each block is one; if there are more than `at_most` blocks,
    /// each is a run of neighbouring blocks, of about equal bytes.
    pub fn partitions(&self, at_most: usize) -> Vec<&[B]> {
        let mut partitions = Vec::with_capacity(at_most);
        if self.blocks.len() <= at_most {
            for block in &self.blocks {
                partitions.push(std::slice::from_ref(block));
            }
            return partitions;
        }
        let mut total = 0;
        for block in &self.blocks {
            total += block.bytes();
        }
        let (mut rest, mut seen) = (&self.blocks[..], 0);
        for index in 1..=at_most {
            let goal = total / at_most * index;
            let mut len = 0;
            while len < rest.len() && (index == at_most || seen + rest[len].bytes() / 2 < goal) {
                seen += rest[len].bytes();
                len += 1;
            }
            let (run, after) = rest.split_at(len);
            partitions.push(run);
            rest = after;
        }
        partitions
    }

    /// About how many records the batch has.
    pub fn records_hint(&self) -> usize {
        let mut records = 0;
        for block in &self.blocks {
            records += block.records_hint();
        }
        records
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::Rows;

    struct Once;

    impl Source for Once {
        type Block = Rows<u8>;

        fn batch(&mut self, _: BatchTime) -> Result<Vec<Rows<u8>>> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn an_input_that_cannot_be_recovered_is_named_with_the_remedy() {
        let error = Input::new("votes", Once).control().check_recovery();
        let error = error.unwrap_err().to_string();
        assert!(
            error.starts_with("input `votes`: a job with a checkpoint"),
            "{error}"
        );
        assert!(error.contains("cannot: implement `position`"), "{error}");
    }

    #[test]
    fn blocks_are_packed_evenly_and_in_order() {
        let blocks = Blocks {
            blocks: (0..10u8).map(|x| Rows(vec![x; 10])).collect(),
        };
        for at_most in 1..12 {
            let partitions = blocks.partitions(at_most);
            assert_eq!(partitions.len(), at_most.min(10));
            assert_eq!(partitions.concat(), blocks.blocks);
            let largest = partitions.iter().map(|run| run.len()).max().unwrap();
            assert!(
                largest <= 10usize.div_ceil(at_most) + 1,
                "{at_most}: {largest}"
            );
        }
    }
}
