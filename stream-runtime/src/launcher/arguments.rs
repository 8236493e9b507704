//! What the command line can say.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, RangedU64ValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use tracing_subscriber::filter::Targets;

use super::ui::{self, Ui};
use super::{dead_letters, log};
use crate::error::Error;
use crate::job::{CatchUp, Job, PARTITIONS_MAX, THREADS_MAX};
use crate::plan::Format;
use crate::rate::Pid;
use crate::storage::LocalDirectory;

/// What the command line says.
#[derive(Debug)]
pub(super) struct Arguments {
    pub(super) action: Action,
    pub(super) log: Targets,
    pub(super) quiet: bool,
    pub(super) ui: Ui,
    batch_interval: Option<Duration>,
    threads: Option<usize>,
    partitions: Option<usize>,
    max_batches: Option<u64>,
    duration: Option<Duration>,
    attempts: Option<u32>,
    retry_delay: Option<Duration>,
    dead_letters: Option<PathBuf>,
    stop_within: Option<Duration>,
    longest_interval: Option<Duration>,
    rate_control: bool,
    initial_rate: Option<f64>,
    checkpoint: Option<PathBuf>,
    reset_states: Vec<String>,
    fresh: bool,
    catch_up: Option<CatchUp>,
}

/// The longest batch interval that is tried, if the command line names none.
const LONGEST_INTERVAL: Duration = Duration::from_secs(60);

/// What the program is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Run,
    Explain(Format),
    /// With batch intervals up to this one.
    Tune(Duration),
    Version,
}

/// Reads the command line: what is for the launcher, and the program's own options.
pub(super) fn parse<A: clap::Args>(
    line: impl IntoIterator<Item = OsString>,
) -> Result<(Arguments, A), clap::Error> {
    let line: Vec<OsString> = line.into_iter().collect();
    let mut command = command::<A>();
    let mut matches = match command.try_get_matches_from_mut(&line) {
        // The program cannot make its job now, so its version stays unknown.
        Err(error) if error.kind() == ErrorKind::MissingRequiredArgument && asks_version(&line) => {
            version_of_this_crate().try_get_matches_from([OsString::new(), "--version".into()])?
        }
        matches => matches?,
    };
    let arguments = read(&mut command, &mut matches)?;
    let own = A::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))?;
    Ok((arguments, own))
}

impl Arguments {
    /// What the command line says wins over what the program has set.
    pub(super) fn apply(&self, mut job: Job) -> Result<Job, Error> {
        let settings = &mut job.settings;
        replace(&mut settings.batch_interval, self.batch_interval);
        replace(&mut settings.threads, self.threads);
        replace(&mut settings.attempts, self.attempts);
        replace(&mut settings.retry_delay, self.retry_delay);
        settings.partitions = self.partitions.or(settings.partitions);
        settings.max_batches = self.max_batches.or(settings.max_batches);
        settings.duration = self.duration.or(settings.duration);
        settings.fresh |= self.fresh;
        replace(&mut settings.catch_up, self.catch_up);
        settings.stop_within = self.stop_within.or(settings.stop_within);
        settings.longest_interval = self.longest_interval.or(settings.longest_interval);
        for name in &self.reset_states {
            job = job.reset_state(name);
        }
        if self.rate_control && job.settings.rates.is_none() {
            job = job.rate_control(Pid::default());
        }
        if let Some(rate) = self.initial_rate {
            job = job.initial_rate(rate);
        }
        if let Some(path) = &self.dead_letters {
            job = job.dead_letters(dead_letters::to_file(path)?);
        }
        match &self.checkpoint {
            Some(path) => Ok(job.checkpoint(LocalDirectory::create(path)?)),
            None => Ok(job),
        }
    }
}

fn replace<T: Copy>(setting: &mut T, by: Option<T>) {
    *setting = by.unwrap_or(*setting);
}

fn asks_version(line: &[OsString]) -> bool {
    line.iter()
        .any(|argument| argument == "--version" || argument == "-V")
}

/// The text of `--version`.
pub(super) fn version((name, version): (&str, &str)) -> String {
    format!(
        "{name} {version} ({})\n",
        version_of_this_crate().render_version().trim_end()
    )
}

fn version_of_this_crate() -> Command {
    Command::new("stream-runtime").version(env!("CARGO_PKG_VERSION"))
}

fn read(command: &mut Command, matches: &mut ArgMatches) -> Result<Arguments, clap::Error> {
    Ok(Arguments {
        action: action(command, matches)?,
        log: matches.remove_one("log").unwrap_or_else(log::default),
        quiet: matches.get_flag("quiet"),
        ui: Ui::read(matches),
        batch_interval: matches.remove_one("batch-interval"),
        threads: matches.remove_one("threads"),
        partitions: matches.remove_one("partitions"),
        max_batches: matches.remove_one("max-batches"),
        duration: matches.remove_one("duration"),
        attempts: matches.remove_one("attempts"),
        retry_delay: matches.remove_one("retry-delay"),
        dead_letters: matches.remove_one("dead-letters"),
        stop_within: matches.remove_one("stop-within"),
        longest_interval: matches.remove_one("max-batch-interval"),
        rate_control: matches.get_flag("rate-control"),
        initial_rate: matches.remove_one("initial-rate"),
        checkpoint: matches.remove_one("checkpoint-dir"),
        reset_states: matches
            .remove_many("reset-state")
            .map_or_else(Vec::new, Iterator::collect),
        fresh: matches.get_flag("fresh"),
        catch_up: matches.remove_one("catch-up"),
    })
}

fn action(command: &mut Command, matches: &mut ArgMatches) -> Result<Action, clap::Error> {
    let verb: Option<String> = matches.remove_one("command");
    let format: Option<Format> = matches.remove_one("format");
    match (verb.as_deref(), format) {
        _ if matches.get_flag("version") => Ok(Action::Version),
        (Some("explain"), format) => Ok(Action::Explain(format.unwrap_or(Format::Text))),
        (Some("tune"), None) => {
            let longest = matches.get_one("max-batch-interval").copied();
            Ok(Action::Tune(longest.unwrap_or(LONGEST_INTERVAL)))
        }
        (_, None) => Ok(Action::Run),
        (_, Some(_)) => Err(command.error(
            ErrorKind::ArgumentConflict,
            "'--format' is the form of a plan: use it with 'explain'",
        )),
    }
}

/// The verb is a positional argument rather than a subcommand, so that options, the program's too,
/// may stand before it and after it.
fn command<A: clap::Args>() -> Command {
    let command = Command::new("pipeline")
        .about("A streaming pipeline")
        .after_help(after_help(&program()))
        .disable_help_flag(true)
        .disable_version_flag(true)
        .next_help_heading("Options of this program");
    A::augment_args(command)
        .next_help_heading("Options of every pipeline")
        .arg(verb())
        .args(settings())
        .args(ui::arguments())
        .args(appearance())
}

fn verb() -> Arg {
    Arg::new("command")
        .value_name("COMMAND")
        .help("`run` the pipeline (the default), `explain` its plan without starting anything, or `tune` it: run it to find its shortest stable batch interval, outputs and all")
        .help_heading("Commands")
        .value_parser(PossibleValuesParser::new(["run", "explain", "tune"]))
        .hide_possible_values(true)
}

/// Options that change the job's settings.
fn settings() -> [Arg; 16] {
    let counted = |name, max: usize| {
        let range = RangedU64ValueParser::<usize>::new().range(1..=max as u64);
        option(name, "N").value_parser(range)
    };
    let at_least_one = RangedU64ValueParser::<u32>::new().range(1..);
    [
        option("batch-interval", "TIME")
            .value_parser(duration)
            .help("How long a batch is, such as 500ms, 100us, 10s"),
        option("max-batch-interval", "TIME")
            .value_parser(duration)
            .help("Let batches grow up to this when the job cannot keep up with shorter ones; for 'tune', the longest that it tries [default: 60s]"),
        flag("rate-control")
            .help("Limit the inputs to the rate that the job has shown it can take"),
        option("initial-rate", "N")
            .value_parser(rate)
            .help("Records a second of each input before the first estimate; turns --rate-control on"),
        counted("threads", THREADS_MAX).help("Threads that run the stages [default: one a core]"),
        counted("partitions", PARTITIONS_MAX)
            .help("Partitions of inputs and shuffles [default: one a thread]"),
        option("max-batches", "N")
            .value_parser(RangedU64ValueParser::<u64>::new().range(1..))
            .help("End after so many batches"),
        option("duration", "TIME")
            .value_parser(duration)
            .help("End after this time, such as 10s, 5min; what was received is processed"),
        option("attempts", "N")
            .value_parser(at_least_one)
            .help("How often a failing batch is tried before the job fails [default: 1]"),
        option("retry-delay", "TIME")
            .value_parser(duration)
            .help("Wait so long before a failing batch is tried again; doubles up to 30s [default: not at all]"),
        option("dead-letters", "FILE")
            .value_parser(value_parser!(PathBuf))
            .help("Put records that make a batch fail aside in this file, as lines of JSON, instead of ending"),
        option("stop-within", "TIME")
            .value_parser(duration)
            .help("End with an error when a graceful stop takes longer than this"),
        option("checkpoint-dir", "DIR")
            .value_parser(value_parser!(PathBuf))
            .help("Keep state, accumulators and positions in this directory, and go on from what is there"),
        flag("fresh").help("Fail if the checkpoint directory is not empty, instead of going on from it"),
        option("reset-state", "NAME")
            .action(ArgAction::Append)
            .help("Begin this state anew instead of going on from the checkpoint; may be given again"),
        option("catch-up", "POLICY")
            .value_parser(PossibleValuesParser::new(["every", "skip"]).map(catch_up))
            .help("Batches that fell due while the job was down: run every one, or skip them [default: every]"),
    ]
}

/// Options of a command, and what is shown.
fn appearance() -> [Arg; 5] {
    [
        option("format", "FORMAT")
            .value_parser(PossibleValuesParser::new(["text", "mermaid", "dot", "json"]).map(format))
            .help("The form of the plan, for 'explain' [default: text]"),
        option("log", "LEVEL")
            .value_parser(log::parse)
            .help("What to log: off, error, warn, info, debug, trace, or by module: warn,my_app=debug [default: warn]"),
        flag("quiet").help("No status line, no summary"),
        flag("version").short('V').help("Print the versions of the program and of stream-runtime"),
        flag("help").short('h').action(ArgAction::Help).help("Print this"),
    ]
}

fn option(name: &'static str, value: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value)
}

fn flag(name: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue)
}

fn catch_up(name: String) -> CatchUp {
    match name.as_str() {
        "skip" => CatchUp::Skip,
        _ => CatchUp::Every,
    }
}

fn format(name: String) -> Format {
    match name.as_str() {
        "mermaid" => Format::Mermaid,
        "dot" => Format::Dot,
        "json" => Format::Json,
        _ => Format::Text,
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it must be longer than nothing".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!(
            "{error}; write a number with its unit, such as 500ms, 1s, 2min"
        )),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if rate > 0.0 && f64::is_finite(rate) => Ok(rate),
        _ => Err("it must be a number of records a second, more than zero".to_owned()),
    }
}

/// The name that the program was called by.
fn program() -> String {
    let path = std::env::args_os().next().map(std::path::PathBuf::from);
    let name = path.as_deref().and_then(std::path::Path::file_stem);
    name.map_or_else(
        || "pipeline".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn after_help(name: &str) -> String {
    format!(
        "Examples:
  {name}                                     run until the input ends, or Ctrl-C
  {name} --batch-interval 100ms --duration 1min
  {name} --threads 4 --quiet > results.txt
  {name} explain --format mermaid
  {name} --ui                                a web page of the running job
  {name} tune --max-batch-interval 20s            find the batch interval for what comes in now
  {name} --checkpoint-dir state/                  go on where the last run was stopped, or killed

Looking into a checkpoint, or a copy of it:
  {name} state ls DIR                        the states, with their types and sizes
  {name} state get DIR KEY                   what is kept for a key
  {name} state export DIR                    all keys, as lines of JSON
  {name} checkpoint verify DIR               whether it is whole, and what is in it

Ctrl-C or SIGTERM: the first stops gracefully, what was received is processed; the second ends the
process at once.

Exit codes:
  0    the pipeline came to its end, or was stopped gracefully
  1    it did not start, or it failed
  2    wrong usage
  130  ended at once by a second signal
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Arguments, clap::Error> {
        let line = ["program"].into_iter().chain(line.split_whitespace());
        parse::<()>(line.map(OsString::from)).map(|(arguments, ())| arguments)
    }

    #[test]
    fn options_may_stand_before_the_verb_and_after_it() {
        for line in [
            "explain --format dot --threads 3",
            "--threads 3 --format dot explain",
        ] {
            let arguments = parsed(line).unwrap();
            assert_eq!(arguments.action, Action::Explain(Format::Dot), "{line}");
            assert_eq!(arguments.threads, Some(3), "{line}");
        }
        assert_eq!(parsed("").unwrap().action, Action::Run);
        let longest = |line| parsed(line).unwrap().action;
        assert_eq!(longest("tune"), Action::Tune(LONGEST_INTERVAL));
        let ten = Action::Tune(Duration::from_secs(10));
        assert_eq!(longest("--max-batch-interval 10s tune"), ten);
        assert_eq!(parsed("run --version").unwrap().action, Action::Version);
    }

    #[test]
    fn times_have_units() {
        let interval = |text: &str| {
            parsed(&format!("--batch-interval={text}"))
                .unwrap()
                .batch_interval
        };
        assert_eq!(interval("100us"), Some(Duration::from_micros(100)));
        assert_eq!(interval("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(interval("1min"), Some(Duration::from_secs(60)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, expected) in [
            ("--format dot", "use it with 'explain'"),
            ("tune --format dot", "use it with 'explain'"),
            ("--threads 0", "0 is not in 1..=4096"),
            ("--partitions 65537", "is not in 1..=65536"),
            ("--batch-interval 0s", "it must be longer than nothing"),
            (
                "--batch-interval 5",
                "write a number with its unit, such as 500ms",
            ),
            ("--max-batches 0", "0 is not in 1.."),
            ("--initial-rate -5", "unexpected argument"),
            (
                "--initial-rate=0",
                "it must be a number of records a second",
            ),
            ("--log wran", "is none of off, error"),
            ("explian", "a similar value exists: 'explain'"),
            ("--ui run", "a command stands before '--ui'"),
            ("--ui-token 0123456789abcdef", "--ui"),
            ("--treads 2", "a similar argument exists: '--threads'"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.to_string().contains(expected), "{line}: {error}");
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }

    /// What `#[derive(clap::Args)]` makes of a struct with one required option.
    #[derive(Debug)]
    struct File(String);

    impl clap::FromArgMatches for File {
        fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
            let file = matches.get_one::<String>("file");
            Ok(Self(file.cloned().expect("it is required")))
        }

        fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
            *self = Self::from_arg_matches(matches)?;
            Ok(())
        }
    }

    impl clap::Args for File {
        fn augment_args(command: Command) -> Command {
            command.arg(option("file", "PATH").required(true))
        }

        fn augment_args_for_update(command: Command) -> Command {
            Self::augment_args(command)
        }
    }

    fn parsed_with_file(line: &[&str]) -> Result<(Arguments, File), clap::Error> {
        let line = ["program"].iter().chain(line);
        parse::<File>(line.map(OsString::from))
    }

    #[test]
    fn a_program_has_options_of_its_own() {
        for line in [["explain", "--file", "a"], ["--file", "a", "explain"]] {
            let (arguments, File(file)) = parsed_with_file(&line).unwrap();
            assert_eq!(
                (arguments.action, &*file),
                (Action::Explain(Format::Text), "a")
            );
        }
        let error = parsed_with_file(&[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MissingRequiredArgument);
    }

    #[test]
    fn the_version_needs_no_other_option() {
        let error = parsed_with_file(&["--version"]).unwrap_err();
        assert_eq!(
            (error.kind(), error.exit_code()),
            (ErrorKind::DisplayVersion, 0)
        );
        assert!(error.to_string().starts_with("stream-runtime "), "{error}");
    }

    #[test]
    fn the_definition_is_sound() {
        command::<()>().debug_assert();
    }
}
