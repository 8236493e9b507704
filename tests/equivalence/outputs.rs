//! Outputs that are no sinks: what they leave behind is read back.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use stream_runtime::prelude::*;
use stream_runtime::read_object_files;

use crate::harness::{Any, Built, Corpus, Invariant, Kept, PerBatch};
use crate::inputs::{numbers, pairs};
use crate::reference::summed;

stream!(
    fn printed(numbers: Stream<u64>) {
        numbers.filter(|number| number % 2 == 0).print();
    }

    fn each_batch(numbers: Stream<u64>, totals: Accumulator<Collection<Vec<u64>>>) {
        numbers.for_each_batch(|batch, _| totals.add(batch.collect()));
    }

    fn text_files(pairs: Stream<(&str, u64)>, prefix: PathBuf) {
        pairs
            .reduce_by_key(|a, b| a + b)
            .save_as_text_files(&prefix, "txt");
    }

    fn object_files(pairs: Stream<(&str, u64)>, prefix: PathBuf) {
        pairs.save_as_object_files(&prefix, "obj");
    }
);

/// A console whose text can be read.
#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    /// The lines of each batch: below its heading of three lines, above an empty one.
    fn batches(&self) -> Vec<Vec<String>> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let batches = text
            .split_terminator("\n\n")
            .map(|batch| batch.lines().skip(3));
        batches
            .map(|lines| lines.map(str::to_owned).collect())
            .collect()
    }
}

fn on_a_screen(batches: Vec<Vec<u64>>) -> Built<String> {
    let screen = Screen::default();
    let job = printed(queue(batches)).console(screen.clone());
    (job, Box::new(move || screen.batches()))
}

fn in_an_accumulator(batches: Vec<Vec<u64>>) -> Built<u64> {
    let totals = Accumulator::named("totals");
    let job = each_batch(queue(batches), totals.clone());
    (job, Box::new(move || totals.value()))
}

/// A job that saves batches in files, and a look at the directories of the batches it has
/// run.
fn in_files<T: 'static, O: 'static>(
    rows: Vec<Vec<T>>,
    extension: &'static str,
    job: impl FnOnce(Vec<Vec<T>>, PathBuf) -> Job,
    read: impl Fn(&Path) -> Vec<O> + 'static,
) -> Built<O> {
    let home = tempfile::tempdir().unwrap();
    let prefix = home.path().join("saved");
    let batches = rows.len();
    let job = job(rows, prefix);
    let rows = move || {
        let directory = |batch: usize| home.path().join(format!("saved-{batch}000.{extension}"));
        let directories = (1..=batches).map(directory);
        let run = directories.filter(|directory| directory.exists());
        run.map(|directory| read(&directory)).collect()
    };
    (job, Box::new(rows))
}

fn lines_of(directory: &Path) -> Vec<String> {
    assert!(directory.join("_SUCCESS").exists());
    let mut lines = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        lines.extend(text.lines().map(str::to_owned));
    }
    lines
}

fn objects_of(directory: &Path) -> Vec<(String, u64)> {
    let objects = read_object_files::<(String, u64)>(directory).unwrap();
    objects.collect::<Result<_, _>>().unwrap()
}

pub(crate) fn add(corpus: &mut Corpus) {
    corpus.add((Kept, PerBatch), numbers, on_a_screen, |numbers| {
        let even: Vec<_> = numbers.iter().filter(|&number| number % 2 == 0).collect();
        let dots = (even.len() > 10).then(|| "...".to_owned());
        even.into_iter()
            .take(10)
            .map(u64::to_string)
            .chain(dots)
            .collect()
    });
    corpus.add((Kept, Invariant), numbers, in_an_accumulator, |numbers| {
        numbers.clone()
    });
    let texts = |rows| {
        in_files(
            rows,
            "txt",
            |rows, prefix| text_files(queue(rows), prefix),
            lines_of,
        )
    };
    corpus.add((Any, PerBatch), pairs, texts, |pairs| {
        let sums = summed(pairs.clone()).into_iter();
        sums.map(|(key, sum)| format!("({key},{sum})")).collect()
    });
    let objects = |rows| {
        in_files(
            rows,
            "obj",
            |rows, prefix| object_files(queue(rows), prefix),
            objects_of,
        )
    };
    corpus.add((Kept, Invariant), pairs, objects, |pairs| pairs.clone());
}
