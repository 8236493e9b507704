//! Looks into a checkpoint: the commands `state` and `checkpoint`.
//!
//! They need a directory, or a copy of one, and neither the program's own options nor the types of
//! its states. Nothing is written; the job may be running meanwhile.

use std::ffi::OsString;
use std::fmt::Write;
use std::io::{self, BufWriter};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use crate::checkpoint::{self, Recovered};
use crate::error::{Error, Result};
use crate::log;
use crate::state::Recorded;
use crate::storage::{LocalDirectory, Storage};
use crate::text;
use crate::time::BatchTime;

/// How often a checkpoint is read, in case its job removes a file meanwhile.
const READS_MAX: usize = 3;

/// What the command line asks for, if it asks to look into a checkpoint.
///
/// # Errors
///
/// When the command is not understood.
pub(super) fn parse(line: &[OsString]) -> Option<Result<Inspect, clap::Error>> {
    let verb = line.get(1)?.to_str()?;
    matches!(verb, "state" | "checkpoint").then(|| {
        let matches = command().try_get_matches_from(line)?;
        Ok(Inspect::of(&matches))
    })
}

/// What there is to look at, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inspect {
    directory: PathBuf,
    what: What,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    States,
    Key(String, Option<String>),
    Export(Option<String>),
    Verify,
}

fn command() -> Command {
    let name = |name| {
        Arg::new("state")
            .long("state")
            .value_name("NAME")
            .help(name)
    };
    let list = Command::new("ls").about("List the states, with their types and sizes");
    let get = Command::new("get")
        .about("Show the state of a key, as a line of JSON for each state that has it")
        .arg(directory())
        .arg(
            Arg::new("key")
                .required(true)
                .value_name("KEY")
                .allow_hyphen_values(true)
                .help("The key: text, or JSON such as 7 or [\"a\",1]"),
        )
        .arg(name("Only the state of this name"));
    let export = Command::new("export")
        .about("Write all keys with their states, as lines of JSON")
        .arg(directory())
        .arg(name("Only the state of this name"));
    let verify = Command::new("verify").about("Read everything, and say what there is");
    Command::new("pipeline")
        .subcommand_required(true)
        .subcommand(
            Command::new("state")
                .about("Show the states in a checkpoint")
                .subcommand_required(true)
                .subcommand(list.arg(directory()))
                .subcommand(get)
                .subcommand(export),
        )
        .subcommand(
            Command::new("checkpoint")
                .about("Look after a checkpoint")
                .subcommand_required(true)
                .subcommand(verify.arg(directory())),
        )
}

fn directory() -> Arg {
    Arg::new("directory")
        .required(true)
        .value_name("DIR")
        .value_parser(value_parser!(PathBuf))
        .help("The directory of the checkpoint, or a copy of it")
}

impl Inspect {
    fn of(matches: &ArgMatches) -> Self {
        let of_verb = matches.subcommand().and_then(|(_, verb)| verb.subcommand());
        let (verb, matches) = of_verb.expect("a subcommand is required");
        let text = |name| matches.get_one::<String>(name).cloned();
        let what = match verb {
            "ls" => What::States,
            "get" => What::Key(text("key").unwrap_or_default(), text("state")),
            "export" => What::Export(text("state")),
            _ => What::Verify,
        };
        let directory = matches.get_one::<PathBuf>("directory").cloned();
        Self {
            directory: directory.unwrap_or_default(),
            what,
        }
    }

    /// Writes what was asked for.
    ///
    /// # Errors
    ///
    /// When the checkpoint cannot be read, or has not got it.
    pub(super) fn run(&self, out: &mut impl io::Write) -> Result<()> {
        let storage: Arc<dyn Storage> = Arc::new(LocalDirectory::open(&self.directory)?);
        let recovered = self.read(&storage)?;
        match &self.what {
            What::States => say(out, &states(&recovered)),
            What::Verify => say(out, &verify(&storage, &recovered)?),
            What::Key(key, name) => self.get(out, &recovered, key, name.as_deref()),
            What::Export(name) => self.export(out, &recovered, name.as_deref()),
        }
    }

    fn read(&self, storage: &Arc<dyn Storage>) -> Result<Recovered> {
        let mut reads = 1;
        let recovered = loop {
            match checkpoint::read(Arc::clone(storage)) {
                Ok((recovered, _)) => break recovered,
                Err(error) if reads == READS_MAX => return Err(error),
                Err(_) => reads += 1,
            }
        };
        match recovered.job {
            Some(_) => Ok(recovered),
            None => Err(self.error(
                "there is no checkpoint in it",
                "name the directory of a job",
            )),
        }
    }

    fn error(&self, problem: impl ToString, remedy: impl ToString) -> Error {
        Error::checkpoint(self.directory.display(), problem, remedy)
    }

    fn get(
        &self,
        out: &mut impl io::Write,
        recovered: &Recovered,
        key: &str,
        name: Option<&str>,
    ) -> Result<()> {
        let wanted = serde_json::from_str(key).unwrap_or(Value::Null);
        let is_wanted = |found: &Value| *found == wanted || found.as_str() == Some(key);
        let mut rows = Vec::new();
        for (name, recorded) in self.chosen(recovered, name)? {
            let entries = self.entries(name, recorded)?;
            rows.extend(
                entries
                    .into_iter()
                    .filter(|(found, _)| is_wanted(found))
                    .map(|(key, value)| row(name, &key, &value)),
            );
        }
        match rows.is_empty() {
            true => Err(self.error(
                format!("no state has the key `{key}`"),
                "`state export` shows all keys",
            )),
            false => say(out, &rows.concat()),
        }
    }

    fn export(
        &self,
        out: &mut impl io::Write,
        recovered: &Recovered,
        name: Option<&str>,
    ) -> Result<()> {
        let mut out = BufWriter::new(out);
        for (name, recorded) in self.chosen(recovered, name)? {
            for (key, value) in self.entries(name, recorded)? {
                say(&mut out, &row(name, &key, &value))?;
            }
        }
        written(io::Write::flush(&mut out))
    }

    /// The states to be shown: the one with the name, or all that can be.
    fn chosen<'r>(
        &self,
        recovered: &'r Recovered,
        name: Option<&str>,
    ) -> Result<Vec<(&'r str, &'r Recorded)>> {
        let states = recovered.states.iter();
        let states = states.map(|(name, recorded)| (name.as_str(), recorded));
        let Some(name) = name else {
            return Ok(states.filter(|(_, state)| state.is_readable()).collect());
        };
        let chosen: Vec<_> = states.filter(|(state, _)| *state == name).collect();
        match chosen.is_empty() {
            true => Err(self.error(
                format!("there is no state `{name}` in it"),
                "`state ls` shows all states",
            )),
            false => Ok(chosen),
        }
    }

    /// The keys of a state with what is kept for each, in order.
    fn entries(&self, name: &str, recorded: &Recorded) -> Result<Vec<(Value, Value)>> {
        let mut rows = recorded.rows().map_err(|error| {
            let problem = format!("the state `{name}` cannot be shown: {error}");
            self.error(problem, "show it with the program that wrote it")
        })?;
        rows.sort_by(|(a, _), (b, _)| order(a, b));
        Ok(rows)
    }
}

/// Numbers by their size, all else by its text.
fn order(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let wide = |number: &serde_json::Number| {
                let unsigned = number.as_u64().map(i128::from);
                unsigned.or_else(|| number.as_i64().map(i128::from))
            };
            wide(a).cmp(&wide(b))
        }
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => {
            let parts = a.iter().zip(b).map(|(a, b)| order(a, b));
            let first = parts.into_iter().find(|order| order.is_ne());
            first.unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (a, b) => a.to_string().cmp(&b.to_string()),
    }
}

fn row(state: &str, key: &Value, value: &Value) -> String {
    let name = json!(state);
    format!("{{\"state\":{name},\"key\":{key},\"value\":{value}}}\n")
}

/// A line for each state.
fn states(recovered: &Recovered) -> String {
    let mut out = String::new();
    let width = recovered.states.keys().map(String::len).max().unwrap_or(0);
    for (name, recorded) in &recovered.states {
        let bytes: usize = recorded.parts.iter().map(Vec::len).sum();
        let keys = match recorded.keys() {
            Ok(keys) => format!("{} keys, ", text::number(keys as u64)),
            Err(_) => String::new(),
        };
        let bytes = text::number(bytes as u64);
        let shape = &recorded.shape;
        let _ = writeln!(out, "{name:width$}  {shape}  ({keys}{bytes} bytes written)");
    }
    out
}

fn verify(storage: &Arc<dyn Storage>, recovered: &Recovered) -> Result<String> {
    let mut out = String::new();
    if let Some(job) = &recovered.job {
        let (pipeline, version, interval) = (&job.pipeline, &job.version, job.interval);
        let _ = writeln!(
            out,
            "pipeline      {pipeline} {version}, a batch every {interval:?}"
        );
    }
    let committed = recovered
        .committed
        .map_or_else(|| "nothing yet".to_owned(), instant);
    let _ = writeln!(out, "committed     {committed}");
    let planned: Vec<_> = recovered.planned.keys().copied().map(instant).collect();
    list(&mut out, "to run", planned);
    list(&mut out, "inputs", recovered.positions.keys());
    list(&mut out, "accumulators", recovered.accumulators.keys());
    list(
        &mut out,
        "states",
        states(recovered).lines().map(str::to_owned),
    );
    if let Some(tail) = &recovered.tail {
        let (path, offset, bytes) = (&tail.path, tail.offset, tail.bytes);
        let _ = writeln!(
            out,
            "unfinished    `{path}`: {bytes} bytes at byte {offset}, which nobody was told to be durable"
        );
    }
    check_states(storage, recovered)?;
    for name in log::names(&**storage)? {
        log::read(Arc::clone(storage), &name, |_, _| Ok(()))?;
    }
    out += "all files are whole\n";
    Ok(out)
}

/// A batch time as a date, if it has one, and as the number that is in the names of files.
fn instant(time: BatchTime) -> String {
    let since_epoch = Duration::from_micros(time.as_micros());
    match UNIX_EPOCH.checked_add(since_epoch) {
        Some(date) if since_epoch.as_secs() < YEAR_10_000 => {
            format!("{} ({time})", humantime::format_rfc3339_millis(date))
        }
        _ => time.to_string(),
    }
}

/// In seconds. Dates have no more digits than years before.
const YEAR_10_000: u64 = 253_402_300_800;

fn list(out: &mut String, title: &str, rows: impl IntoIterator<Item = impl AsRef<str>>) {
    for (number, row) in rows.into_iter().enumerate() {
        let title = if number == 0 { title } else { "" };
        let _ = writeln!(out, "{title:12}  {}", row.as_ref());
    }
}

/// States whose layout is known can be read to the last value.
fn check_states(storage: &Arc<dyn Storage>, recovered: &Recovered) -> Result<()> {
    let readable = |(_, state): &(&String, &Recorded)| state.is_readable();
    for (name, recorded) in recovered.states.iter().filter(readable) {
        if let Err(error) = recorded.rows() {
            let problem = format!("the state `{name}` is malformed: {error}");
            let path = storage.path("");
            return Err(Error::checkpoint(path, problem, log::BEGIN_ANEW));
        }
    }
    Ok(())
}

fn say(out: &mut impl io::Write, text: &str) -> Result<()> {
    written(out.write_all(text.as_bytes()))
}

/// That nobody reads the output to its end is no error.
fn written(result: io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::io("writing to standard output", error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    stream!(
        #[checkpoint]
        fn count(
            words: Stream<(&str, u64)>,
            dropped: Accumulator<Sum<u64>>,
            out: Sink<(&str, u64)>,
        ) {
            let counts = words.update_state_by_key(|new: &[u64], count: Option<u64>| {
                dropped.add(1);
                Some(count.unwrap_or(0) + new.iter().sum::<u64>())
            });
            counts.to(out);
        }
    );

    /// The directory of a job that has counted two words.
    fn checkpoint() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let row = |words: [&str; 2]| words.map(|word| (word.to_owned(), 2u64)).to_vec();
        let words = queue([row(["to", "be"]), row(["or", "be"])]);
        let sink = crate::sink::from_fn(|_, _: &[Vec<(&str, u64)>]| Ok(()));
        count(words, Accumulator::named("dropped"), sink)
            .checkpoint(LocalDirectory::create(directory.path()).unwrap())
            .run()
            .unwrap();
        directory
    }

    fn inspect(directory: &tempfile::TempDir, line: &[&str]) -> Result<String> {
        let path = directory.path().as_os_str().to_owned();
        let (verb, rest) = line.split_at(2);
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let line = [words(&["program"]), words(verb), vec![path], words(rest)].concat();
        let mut out = Vec::new();
        parse(&line).unwrap().unwrap().run(&mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn states_are_listed_got_and_exported_without_their_types() {
        let directory = checkpoint();
        let states = inspect(&directory, &["state", "ls"]).unwrap();
        let expected = "counts  table of String → Option<u64>  (3 keys, ";
        assert!(states.starts_with(expected), "{states}");
        let rows = [("be", 4), ("or", 2), ("to", 2)].map(|(word, count)| {
            format!("{{\"state\":\"counts\",\"key\":\"{word}\",\"value\":{count}}}\n")
        });
        assert_eq!(
            inspect(&directory, &["state", "export"]).unwrap(),
            rows.concat()
        );
        assert_eq!(
            inspect(&directory, &["state", "get", "be"]).unwrap(),
            rows[0]
        );
        let of_state = ["state", "get", "\"or\"", "--state", "counts"];
        assert_eq!(inspect(&directory, &of_state).unwrap(), rows[1]);
    }

    #[test]
    fn what_is_not_there_is_an_error_with_a_remedy() {
        let directory = checkpoint();
        for (line, problem, remedy) in [
            (
                &["state", "get", "not"][..],
                "has the key `not`",
                "state export",
            ),
            (
                &["state", "export", "--state", "x"],
                "no state `x`",
                "state ls",
            ),
        ] {
            let error = inspect(&directory, line).unwrap_err();
            assert!(error.to_string().contains(problem), "{error}");
            assert!(error.help().unwrap().contains(remedy), "{error:?}");
        }
        let empty = tempfile::tempdir().unwrap();
        let error = inspect(&empty, &["checkpoint", "verify"]).unwrap_err();
        assert!(error.to_string().contains("there is no checkpoint in it"));
    }

    #[test]
    fn verify_says_what_there_is_and_finds_a_turned_bit() {
        let directory = checkpoint();
        let text = inspect(&directory, &["checkpoint", "verify"]).unwrap();
        for expected in [
            "pipeline      count",
            "committed     20",
            "dropped",
            "words",
            "counts",
        ] {
            assert!(text.contains(expected), "{text}");
        }
        assert!(text.ends_with("all files are whole\n"), "{text}");
        let names = LocalDirectory::open(directory.path())
            .unwrap()
            .list()
            .unwrap();
        let journal = names
            .iter()
            .find(|name| name.starts_with("journal-"))
            .unwrap();
        let path = directory.path().join(journal);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[540] ^= 4;
        std::fs::write(&path, bytes).unwrap();
        let error = inspect(&directory, &["checkpoint", "verify"]).unwrap_err();
        assert!(error.to_string().contains(journal.as_str()), "{error}");
    }

    #[test]
    fn only_the_first_word_asks_to_look_into_a_checkpoint() {
        let line = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        for words in [
            &["program"][..],
            &["program", "run"],
            &["program", "--log", "state"],
        ] {
            assert!(parse(&line(words)).is_none(), "{words:?}");
        }
        let error = parse(&line(&["program", "state", "get", "dir"]))
            .unwrap()
            .unwrap_err();
        assert!(error.to_string().contains("<KEY>"), "{error}");
    }
}
