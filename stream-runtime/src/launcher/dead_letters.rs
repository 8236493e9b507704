//! The file of dead letters.

use std::io;
use std::path::Path;

use serde::Serialize;

use crate::dead_letters::DeadLetter;
use crate::error::Result;
use crate::record::Val;
use crate::sink::{BatchWriter, jsonl};

/// A dead letter as it is written.
#[derive(Clone, Serialize)]
struct Line {
    /// In milliseconds.
    batch: u64,
    input: &'static str,
    at: u64,
    records: u64,
    failure: String,
    text: Option<String>,
}

/// Appends dead letters to the file at `path`, a line of JSON each.
pub(super) fn to_file(
    path: &Path,
) -> Result<impl FnMut(&[DeadLetter]) -> io::Result<()> + Send + 'static> {
    let mut file = jsonl(path)?;
    Ok(move |letters: &[DeadLetter]| {
        let Some(first) = letters.first() else {
            return Ok(());
        };
        let lines = letters.iter().map(line).collect();
        BatchWriter::<Val<Line>>::write(&mut file, first.time, &[lines])
    })
}

fn line(letter: &DeadLetter) -> Line {
    Line {
        batch: letter.time.as_millis(),
        input: letter.input,
        at: letter.at,
        records: letter.records,
        failure: letter.failure.clone(),
        text: letter.text.clone(),
    }
}
