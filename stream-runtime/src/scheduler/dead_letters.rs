//! Finds the records that make a batch fail, by running it with a part of them.
//!
//! A record is bad when the batch fails with it and does not without it. What the operators keep is
//! rolled back after each run, and outputs are left out, so nobody sees these runs but the functions
//! of the pipeline.

use std::ops::Range;

use super::Driver;
use super::attempts::Ran;
use crate::context::Outputs;
use crate::dead_letters::DeadLetter;
use crate::error::{Error, Failure, Result};
use crate::sieve::Sieve;
use crate::time::BatchTime;

/// When more records of a batch fail than this, it is not the records that are bad.
const DEAD_MAX: usize = 100;

/// What the search for bad records works on.
struct Search<'d, 'e> {
    driver: &'d mut Driver<'e>,
    time: BatchTime,
    begun: BatchTime,
    sieves: Vec<Box<dyn Sieve>>,
    dead: Vec<DeadLetter>,
}

impl Driver<'_> {
    /// Puts the records aside that make the batch fail, hands them to whoever takes dead letters, and
    /// runs the batch with the others.
    ///
    /// # Errors
    ///
    /// `failure`, when no record is to blame for it alone; and when the dead letters cannot be taken.
    pub(super) fn without_dead_letters(
        &mut self,
        time: BatchTime,
        begun: BatchTime,
        attempts: u32,
        failure: Failure,
    ) -> Result<Ran> {
        self.roll_back()?;
        let sieves = self.job.inputs.iter().map(|input| input.sift(time));
        let mut search = Search {
            sieves: sieves.collect(),
            driver: self,
            time,
            begun,
            dead: Vec::new(),
        };
        search.find_all()?;
        search.give_all();
        let dead = search.dead;
        if dead.is_empty() || dead.len() > DEAD_MAX {
            return Err(Error::Batch { time, failure });
        }
        let done = self.attempt(time, begun, Outputs::Run);
        let done = done.map_err(|failure| Error::Batch { time, failure })?;
        self.hand_over(&dead)?;
        Ok(Ran {
            done,
            attempts,
            dead: dead.iter().map(|letter| letter.records).sum(),
        })
    }

    fn hand_over(&mut self, dead: &[DeadLetter]) -> Result<()> {
        for letter in dead {
            let (batch, input, failure) = (letter.time, letter.input, &letter.failure);
            tracing::warn!(%batch, input, at = letter.at, failure, "a record is put aside");
        }
        match &mut self.job.settings.dead_letters {
            Some(take) => {
                take(dead).map_err(|error| Error::io("putting dead letters aside", error))
            }
            None => Ok(()),
        }
    }
}

impl Search<'_, '_> {
    /// Looks through the inputs, one after the other.
    fn find_all(&mut self) -> Result<()> {
        for input in 0..self.sieves.len() {
            // What the others have is needed to fail where records of both come together, such as in
            // a join; but if the batch fails without this input, too, it has to do without them.
            self.give_all();
            self.sieves[input].give(0..0);
            if self.fails()?.is_some() {
                self.give_none();
            }
            let all = 0..self.sieves[input].pieces();
            self.find(input, all)?;
        }
        Ok(())
    }

    /// Finds the bad records of a run of pieces of one input, and gives the end of the run, which is
    /// another one when pieces were cut. The other inputs stay as they are.
    fn find(&mut self, input: usize, run: Range<usize>) -> Result<usize> {
        self.sieves[input].give(run.clone());
        let Some(failure) = self.fails()? else {
            return Ok(run.end);
        };
        if self.dead.len() > DEAD_MAX || run.is_empty() {
            return Ok(run.end);
        }
        let Range { start, mut end } = run;
        if end - start == 1 {
            if !self.sieves[input].halve(start) {
                self.throw_out(input, start, &failure);
                return Ok(end);
            }
            end += 1;
        }
        let middle = start + (end - start) / 2;
        let cut = self.find(input, start..middle)? - middle;
        self.find(input, middle + cut..end + cut)
    }

    fn throw_out(&mut self, input: usize, piece: usize, failure: &Failure) {
        let piece = self.sieves[input].throw_out(piece);
        self.dead.push(DeadLetter {
            time: self.time,
            input: self.driver.job.inputs[input].name(),
            at: piece.at,
            records: piece.records,
            text: piece.text,
            failure: failure.to_string(),
            block: piece.block,
        });
    }

    /// Runs the batch with what the inputs were given; why it fails, if it does.
    fn fails(&mut self) -> Result<Option<Failure>> {
        let ran = self.driver.attempt(self.time, self.begun, Outputs::LeftOut);
        self.driver.roll_back()?;
        Ok(ran.err())
    }

    fn give_all(&mut self) {
        for sieve in &mut self.sieves {
            let all = 0..sieve.pieces();
            sieve.give(all);
        }
    }

    fn give_none(&mut self) {
        self.sieves.iter_mut().for_each(|sieve| sieve.give(0..0));
    }
}
