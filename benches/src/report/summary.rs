//! What all workloads say together.

use super::numbers::{ratio, short, with_interval};
use super::page::{Piece, Table};
use super::plot::{Plot, PlotRow};
use super::results::{Results, WayResults, WorkloadResults};
use crate::Who;
use crate::measure::{Estimate, geometric_mean};

/// What the page says of all workloads together.
pub(super) fn pieces(results: &Results) -> Vec<Piece> {
    let workloads = &results.workloads;
    let mut pieces = Vec::new();
    let plot = overview(workloads);
    if !plot.is_empty() {
        pieces.push(Piece::heading(2, "Overview"));
        pieces.push(Piece::Paragraph(OVERVIEW.to_owned()));
        pieces.push(Piece::Plot(plot));
    }
    let tables = [
        ("Mean speed beside each", MEANS, means(workloads)),
        ("From one thread to two", SCALING, scaling(workloads)),
    ];
    for (heading, about, table) in tables {
        if !table.rows.is_empty() {
            pieces.push(Piece::heading(2, heading));
            pieces.push(Piece::Paragraph(about.to_owned()));
            pieces.push(Piece::Table(table));
        }
    }
    pieces.extend(sweeps(workloads));
    pieces
}

const OVERVIEW: &str = "How many times as fast the pipeline is as each other way, on one thread, with the \
                        interval that holds the true median in 95 of 100 cases.";
const MEANS: &str = "The geometric mean, over the workloads that both have, of the speed of the pipeline \
                     beside the fastest variant of the other on as many threads.";
const SCALING: &str = "How many times as fast each is on two threads as on one.";

/// The others, in the order in which they come.
fn others(workloads: &[WorkloadResults]) -> Vec<&str> {
    let ways = workloads.iter().flat_map(|workload| &workload.ways);
    let others = ways.filter(|way| way.who != Who::Stream.name());
    distinct(others.map(|way| way.who.as_str()))
}

/// Each value once, in the order in which they come.
fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.fold(Vec::new(), |mut seen, value| {
        if !seen.contains(&value) {
            seen.push(value);
        }
        seen
    })
}

/// The speed of the pipeline beside the fastest variant of another on as many threads.
fn speed(workload: &WorkloadResults, who: &str, threads: usize) -> Option<Estimate> {
    let other = workload.fastest(who, threads)?;
    workload.pipeline(threads)?.speed_beside(other)
}

fn overview(workloads: &[WorkloadResults]) -> Plot {
    let others = others(workloads);
    let rows = workloads.iter().map(|workload| {
        let speeds = others.iter().enumerate();
        let marks = speeds.filter_map(|(index, who)| Some((index, speed(workload, who, 1)?)));
        PlotRow {
            label: workload.name.clone(),
            marks: marks.collect(),
        }
    });
    Plot {
        file: Some("benchmarks-overview.svg"),
        title: "Speed of the pipeline beside the others, on one thread".to_owned(),
        series: others.iter().map(|who| (*who).to_owned()).collect(),
        rows: rows.collect(),
    }
}

fn means(workloads: &[WorkloadResults]) -> Table {
    let titles = [
        "beside",
        "threads",
        "workloads",
        "mean speed",
        "worst",
        "in",
    ];
    let mut table = Table::of_numbers(titles);
    table.columns[titles.len() - 1].is_number = false;
    let ways = workloads.iter().flat_map(|workload| &workload.ways);
    let mut threads = distinct(ways.map(|way| way.threads));
    threads.sort_unstable();
    for who in others(workloads) {
        for threads in &threads {
            if let Some(row) = mean(workloads, who, *threads) {
                table.row(row);
            }
        }
    }
    table
}

/// A row of the means; nothing if no workload has both.
fn mean(workloads: &[WorkloadResults], who: &str, threads: usize) -> Option<Vec<String>> {
    let speeds = workloads.iter().filter_map(|workload| {
        Some((speed(workload, who, threads)?.median, workload.name.clone()))
    });
    let speeds: Vec<(f64, String)> = speeds.collect();
    let worst = speeds.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
    let mean = geometric_mean(speeds.iter().map(|(speed, _)| *speed));
    Some(vec![
        who.to_owned(),
        threads.to_string(),
        speeds.len().to_string(),
        ratio(mean),
        ratio(worst.0),
        worst.1.clone(),
    ])
}

/// Who scales how far in which workload; a variant is a contender of its own.
fn scaling(workloads: &[WorkloadResults]) -> Table {
    let ways = workloads.iter().flat_map(|workload| &workload.ways);
    let contenders = distinct(ways.map(WayResults::contender));
    let titles = ["workload".to_owned()].into_iter();
    let mut table = Table::of_numbers(titles.chain(contenders.iter().cloned()));
    for workload in workloads {
        let gains: Vec<String> = contenders.iter().map(|name| gain(workload, name)).collect();
        if gains.iter().any(|gain| !gain.is_empty()) {
            let name = [workload.name.clone()].into_iter();
            table.row(name.chain(gains).collect());
        }
    }
    table.without_empty_columns()
}

/// How many times as fast a contender is on two threads; nothing if it is not on both.
fn gain(workload: &WorkloadResults, contender: &str) -> String {
    let on = |threads: usize| {
        let mut ways = workload.ways.iter();
        ways.find(|way| way.threads == threads && way.contender() == contender)
    };
    let gain = on(1).and_then(|one| on(2)?.speed_beside(one));
    gain.map_or_else(String::new, |gain| with_interval(gain, ratio))
}

/// Workloads that differ in one number, `window_of_10`, by that number.
fn sweeps(workloads: &[WorkloadResults]) -> Vec<Piece> {
    let numbered = |workload| Some((family(workload)?.0, workload));
    let numbered: Vec<(&str, &WorkloadResults)> = workloads.iter().filter_map(numbered).collect();
    let mut pieces = Vec::new();
    for name in distinct(numbered.iter().map(|(name, _)| *name)) {
        let members = numbered.iter().filter(|(family, _)| *family == name);
        let members: Vec<&WorkloadResults> = members.map(|(_, workload)| *workload).collect();
        if members.len() > 1 {
            let about = format!("{SWEEP} {}.", members[0].question);
            pieces.push(Piece::heading(2, format!("{name}_of_…")));
            pieces.push(Piece::Paragraph(about));
            pieces.push(Piece::Table(sweep(&members)));
        }
    }
    pieces
}

const SWEEP: &str =
    "Nanoseconds a record, and beside them how many times those of the first row they are:";

/// `window` and 10 of `window_of_10`.
fn family(workload: &WorkloadResults) -> Option<(&str, u64)> {
    let (family, number) = workload.name.split_once("_of_")?;
    Some((family, number.parse().ok()?))
}

fn sweep(members: &[&WorkloadResults]) -> Table {
    let ways = members.iter().flat_map(|workload| &workload.ways);
    let names = distinct(ways.map(WayResults::name));
    let mut table = Table::of_numbers(["number".to_owned()].iter().chain(&names).cloned());
    for workload in members {
        let number = family(workload).map_or_else(String::new, |(_, number)| number.to_string());
        let costs = names.iter().map(|name| cost(members[0], workload, name));
        table.row([number].into_iter().chain(costs).collect());
    }
    table.without_empty_columns()
}

/// What a record costs in a workload, and how many times that is its cost in the first one.
fn cost(first: &WorkloadResults, workload: &WorkloadResults, way: &str) -> String {
    let of = |workload: &WorkloadResults| {
        let way = workload.ways.iter().find(|other| other.name() == way)?;
        way.nanos_per_record().map(|nanos| nanos.median)
    };
    match (of(first), of(workload)) {
        (Some(first), Some(nanos)) => format!("{} (× {})", short(nanos), ratio(nanos / first)),
        (None, Some(nanos)) => short(nanos),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_mean_takes_twice_and_half_as_equal_and_names_the_worst() {
        let workloads = [
            fixture::small("four_times", 10.0, 40.0),
            fixture::small("half", 20.0, 10.0),
            fixture::small("same", 10.0, 10.0),
        ];
        let table = means(&workloads);
        let row = ["hand", "1", "3", "1.26", "0.50", "half"];
        assert_eq!(table.rows.len(), 1, "nothing runs on two threads");
        assert_eq!(table.rows[0].cells, row);
    }

    #[test]
    fn a_peer_is_measured_by_its_fastest_variant() {
        let mut workload = fixture::small("variants", 10.0, 40.0);
        let mut variant = workload.ways[1].clone();
        (variant.variant, variant.nanos) = (Some("tuned well".into()), vec![20.0; 3]);
        workload.ways.push(variant);
        assert_eq!(speed(&workload, "hand", 1).unwrap().median, 2.0);
    }

    #[test]
    fn scaling_has_those_that_are_on_one_and_on_two_threads() {
        let table = scaling(&fixture::results().workloads);
        let titles = table.columns.iter().map(|column| column.title.as_str());
        assert_eq!(titles.collect::<Vec<_>>(), ["workload", "stream!", "hand"]);
        assert_eq!(table.rows.len(), 1);
        assert_eq!(table.rows[0].cells[1], "2.00 (2.00–2.00)");
    }

    #[test]
    fn a_sweep_is_beside_its_first_row() {
        let results = fixture::results();
        let pieces = sweeps(&results.workloads);
        let [Piece::Heading { text, .. }, _, Piece::Table(table)] = &pieces[..] else {
            panic!("{pieces:?}")
        };
        assert_eq!(text, "window_of_…");
        assert_eq!(
            table.rows[0].cells,
            ["10", "10.0 (× 1.00)", "40.0 (× 1.00)"]
        );
        assert_eq!(
            table.rows[1].cells,
            ["100", "20.0 (× 2.00)", "10.0 (× 0.25)"]
        );
    }

    #[test]
    fn the_overview_has_a_row_for_each_workload() {
        let plot = overview(&fixture::results().workloads);
        assert_eq!(plot.series, ["hand"]);
        let marks: Vec<f64> = plot.rows.iter().map(|row| row.marks[0].1.median).collect();
        assert_eq!(marks, [1.2, 4.0, 0.5]);
    }
}
