//! A workload: its plot and its table.

use super::numbers::{bytes, ratio, short, whole, with_interval};
use super::page::{Piece, Table};
use super::plot::{Plot, PlotRow};
use super::results::{WayResults, WorkloadResults};
use crate::Who;
use crate::measure::Estimate;

/// What the page says of a workload.
pub(super) fn pieces(workload: &WorkloadResults, commit: &str) -> Vec<Piece> {
    let mut pieces = vec![
        Piece::heading(3, workload.name.clone()),
        Piece::Paragraph(about(workload, commit)),
    ];
    let plot = plot(workload);
    if !plot.is_empty() {
        pieces.push(Piece::Plot(plot));
    }
    pieces.push(Piece::Table(table(workload)));
    pieces
}

fn about(workload: &WorkloadResults, commit: &str) -> String {
    let records = match workload.records {
        1 => "1 record".to_owned(),
        records => format!("{} records", whole(records)),
    };
    let mut text = format!("{}; {records} a batch", sentence(&workload.question));
    if let Some(keys) = workload.keys {
        text += &format!(", {} keys that stay", whole(keys));
    }
    if workload.commit != commit {
        text += &format!("; measured at commit {}", workload.commit);
    }
    text + "."
}

/// With a capital letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// The pipelines that stand beside a way: those with as many threads, and with more if the way can only
/// use so many.
fn beside<'w>(
    workload: &'w WorkloadResults,
    way: &'w WayResults,
) -> impl Iterator<Item = (usize, Estimate)> + 'w {
    let pipelines = workload.pipelines().enumerate();
    let wide = pipelines.filter(|(_, own)| own.threads >= way.threads);
    let others = wide.filter(move |(_, own)| own.name() != way.name());
    others.filter_map(|(index, own)| Some((index, own.speed_beside(way)?)))
}

/// The speed of each pipeline beside each way that is none.
fn plot(workload: &WorkloadResults) -> Plot {
    let others = workload.ways.iter().filter(|way| !way.is_pipeline());
    let rows = others.map(|way| PlotRow {
        label: way.name(),
        marks: beside(workload, way).collect(),
    });
    Plot {
        file: None,
        title: format!("{}: speed of the pipeline beside each way", workload.name),
        series: workload.pipelines().map(WayResults::name).collect(),
        rows: rows.collect(),
    }
}

fn table(workload: &WorkloadResults) -> Table {
    let fixed = ["way", "threads", "ns a record", "M records/s"];
    let mut titles: Vec<String> = fixed.map(str::to_owned).into();
    let pipelines = workload.pipelines();
    titles.extend(pipelines.map(|own| format!("speed of {}", own.name())));
    let rest = [
        "instructions a record",
        "peak memory",
        "to that of hand",
        "bytes a key",
    ];
    titles.extend(rest.map(str::to_owned));
    let mut table = Table::of_numbers(titles);
    for way in &workload.ways {
        table.row(cells(workload, way)).stands_out = way.is_pipeline();
    }
    table.without_empty_columns()
}

fn cells(workload: &WorkloadResults, way: &WayResults) -> Vec<String> {
    let nanos = way.nanos_per_record();
    let mut cells = vec![
        way.contender(),
        way.threads.to_string(),
        shown(nanos, |nanos| with_interval(nanos, short)),
        shown(nanos, |nanos| short(1e3 / nanos.median)),
    ];
    let mut speeds = vec![String::new(); workload.pipelines().count()];
    for (index, speed) in beside(workload, way) {
        speeds[index] = with_interval(speed, ratio);
    }
    cells.extend(speeds);
    cells.extend([
        shown(way.instructions, short),
        shown(way.peak, bytes),
        shown(peak_to_hand(workload, way), ratio),
        shown(bytes_per_key(workload, way), short),
    ]);
    cells
}

/// The value as text; nothing if there is none.
fn shown<T>(value: Option<T>, show: impl Fn(T) -> String) -> String {
    value.map_or_else(String::new, show)
}

/// Below this a peak is not of the records, but of what it takes to run at all.
const SMALL_PEAK: u64 = 64 << 10;

/// The peak beside that of the loop by hand on as many threads, unless both are small.
fn peak_to_hand(workload: &WorkloadResults, way: &WayResults) -> Option<f64> {
    let mut hands = workload.ways.iter().filter(|other| {
        other.who == Who::Hand.name() && other.variant.is_none() && other.threads == way.threads
    });
    let hand = hands.next()?.peak.filter(|peak| *peak > 0)?;
    let peak = way.peak?;
    (peak.max(hand) >= SMALL_PEAK).then(|| peak as f64 / hand as f64)
}

fn bytes_per_key(workload: &WorkloadResults, way: &WayResults) -> Option<f64> {
    let keys = workload.keys.filter(|keys| *keys > 0)?;
    Some(way.peak? as f64 / keys as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_row_says_all_that_was_measured() {
        let workload = &fixture::results().workloads[0];
        let table = table(workload);
        let titles = table.columns.iter().map(|column| column.title.as_str());
        assert_eq!(
            titles.collect::<Vec<_>>(),
            [
                "way",
                "threads",
                "ns a record",
                "M records/s",
                "speed of stream! 1",
                "speed of stream! 2",
                "instructions a record",
                "peak memory",
                "to that of hand",
                "bytes a key"
            ]
        );
        assert_eq!(
            table.rows[2].cells,
            [
                "hand",
                "1",
                "12.0 (11.0–13.0)",
                "83.3",
                "1.20 (1.10–1.30)",
                "2.40 (2.20–2.60)",
                "120",
                "2.00 MiB",
                "1.00",
                "21.0"
            ]
        );
        assert!(table.rows[0].stands_out && !table.rows[2].stands_out);
        assert_eq!(table.rows[0].cells[8], "0.50");
    }

    #[test]
    fn a_pipeline_stands_beside_no_way_with_more_threads() {
        let workload = &fixture::results().workloads[0];
        let table = table(workload);
        assert_eq!(table.rows[3].cells[..2], ["hand", "2"]);
        assert_eq!(table.rows[3].cells[4], "");
        assert_eq!(table.rows[3].cells[5], "1.40 (1.30–1.50)");
        let plot = plot(workload);
        let marks = plot.rows.iter().map(|row| row.marks.len());
        assert_eq!(marks.collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn small_peaks_are_not_compared() {
        let mut workload = fixture::results().workloads.remove(0);
        (workload.ways[0].peak, workload.ways[2].peak) = (Some(13_000), Some(96));
        assert_eq!(peak_to_hand(&workload, &workload.ways[0]), None);
        workload.ways[0].peak = Some(96_000);
        assert_eq!(peak_to_hand(&workload, &workload.ways[0]), Some(1_000.0));
    }

    #[test]
    fn it_is_said_when_a_workload_is_of_another_state_of_the_code() {
        let workload = &fixture::results().workloads[0];
        let now = "How many <b> & c|d; 1,000,000 records a batch, 100,000 keys that stay.";
        assert_eq!(about(workload, "abc1234"), now);
        assert!(about(workload, "other").ends_with("; measured at commit abc1234."));
    }
}
