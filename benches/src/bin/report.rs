//! Measures the workloads and writes what came out as JSON, Markdown and HTML: see `report --help`.

use std::error::Error;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use stream_benches::report::machine::Machine;
use stream_benches::report::measuring::{Measuring, Part};
use stream_benches::report::results::Results;
use stream_benches::report::{RESULTS, check_page};
use stream_benches::{Workload, workloads};

/// Measures workloads in all their ways, and writes a report.
///
/// Writes `results.json`, `report.md`, `report.html` and the plots of the Markdown into a directory, anew
/// after each workload.
#[derive(Debug, Parser)]
struct Options {
    /// The workloads by name, or by how their names begin [default: all]
    workloads: Vec<String>,
    /// How often each way has its turn
    #[arg(long, default_value_t = 11)]
    rounds: usize,
    /// What is left out
    #[arg(long, value_delimiter = ',', value_enum)]
    skip: Vec<Part>,
    /// Where the report is written
    #[arg(long, value_name = "DIRECTORY", default_value = "target/report")]
    out: PathBuf,
    /// A page in Markdown that gets the report, too, between the comments `<!-- report: begin -->` and
    /// `<!-- report: end -->`
    #[arg(long, value_name = "PAGE")]
    into: Option<PathBuf>,
    /// Renders these results again, and measures nothing
    #[arg(long, value_name = "JSON", conflicts_with_all = ["workloads", "rounds", "skip", "merge"])]
    from: Option<PathBuf>,
    /// Keeps what is in `results.json` of the workloads and parts that are not measured now
    #[arg(long)]
    merge: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match options.report() {
        Ok(()) => {
            eprintln!("the report is in {}", options.out.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What comes of a workload; nothing if one of its ways panics, which is no reason to lose the others.
fn unless_it_panics<T>(measure: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(measure)).ok()
}

impl Options {
    fn report(&self) -> Result<(), Box<dyn Error>> {
        if let Some(page) = &self.into {
            check_page(page)?;
        }
        fs::create_dir_all(&self.out)?;
        match &self.from {
            Some(path) => self.write(&Results::read(path)?),
            None => self.measure(),
        }
    }

    fn measure(&self) -> Result<(), Box<dyn Error>> {
        let machine = Machine::this();
        let mut all = self.before()?;
        let wanted = self.wanted()?;
        let measuring = Measuring::new(self.rounds, self.parts(), machine.commit.clone())?;
        let mut failed = Vec::new();
        for (at, workload) in wanted.iter().enumerate() {
            let progress = |what: &str| {
                eprintln!("[{}/{}] {}: {what}", at + 1, wanted.len(), workload.name);
            };
            let Some(measured) = unless_it_panics(|| measuring.workload(workload, &progress))
            else {
                failed.push(workload.name);
                continue;
            };
            all.merge(Results {
                machine: machine.clone(),
                workloads: vec![measured],
                latencies: Vec::new(),
            });
            all.write(&self.out.join(RESULTS))?;
            self.write(&all)?;
        }
        match failed.is_empty() {
            true => Ok(()),
            false => Err(format!("these failed, and are left out: {}", failed.join(", ")).into()),
        }
    }

    /// What the new results are added to.
    fn before(&self) -> Result<Results, Box<dyn Error>> {
        let path = self.out.join(RESULTS);
        match self.merge && path.exists() {
            true => Ok(Results::read(&path)?),
            false => Ok(Results::default()),
        }
    }

    /// The workloads of these names; a name that is none stands for all that begin with it.
    fn wanted(&self) -> Result<Vec<Workload>, Box<dyn Error>> {
        let all = workloads();
        let mut wanted: Vec<&str> = Vec::new();
        for name in &self.workloads {
            let names = all.iter().map(|workload| workload.name);
            let exact = names.clone().filter(|known| known == name);
            let mut named: Vec<&str> = exact.collect();
            if named.is_empty() {
                named = names.filter(|known| known.starts_with(name)).collect();
            }
            if named.is_empty() {
                return Err(format!("no workload has a name that begins with `{name}`").into());
            }
            wanted.extend(named);
        }
        let is_wanted =
            |workload: &Workload| self.workloads.is_empty() || wanted.contains(&workload.name);
        Ok(all.into_iter().filter(is_wanted).collect())
    }

    fn parts(&self) -> Vec<Part> {
        let parts = Part::value_variants().iter().copied();
        parts.filter(|part| !self.skip.contains(part)).collect()
    }

    fn write(&self, results: &Results) -> Result<(), Box<dyn Error>> {
        results.render(&self.out)?;
        if let Some(page) = &self.into {
            results.render_into(page)?;
        }
        Ok(())
    }
}
