//! What the page of a report says, in which order.

use super::machine::Machine;
use super::page::{Page, Piece, Table};
use super::results::{Results, WayResults};
use super::{latency, numbers, summary, workload};

/// The page of these results.
pub(super) fn page(results: &Results) -> Page {
    let mut pieces = vec![Piece::heading(2, "The machine"), machine(&results.machine)];
    pieces.extend(left_out(results));
    pieces.extend(summary::pieces(results));
    pieces.extend(latency::pieces(&results.latencies));
    pieces.push(Piece::heading(2, "The workloads"));
    for workload in &results.workloads {
        pieces.extend(workload::pieces(workload, &results.machine.commit));
    }
    pieces.extend(definitions());
    Page {
        title: "Side by side".to_owned(),
        pieces,
    }
}

fn machine(machine: &Machine) -> Piece {
    let mut table = Table::of_numbers(["", ""]);
    table.columns[1].is_number = false;
    let rows = [
        ("processor", machine.cpu.clone()),
        ("cores", machine.cores.to_string()),
        ("caches of a core", machine.caches.join(", ")),
        ("memory", numbers::bytes(machine.memory)),
        ("system", machine.os.clone()),
        ("compiler", machine.rustc.clone()),
        ("profile", machine.profile.clone()),
        ("peers", machine.peers.join(", ")),
        ("measured on", machine.date.clone()),
        ("commit", machine.commit.clone()),
    ];
    for (what, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        table.row(vec![what.to_owned(), value]);
    }
    Piece::Table(table)
}

/// Says which parts were not measured of any way.
fn left_out(results: &Results) -> Option<Piece> {
    let has = |part: fn(&WayResults) -> bool| {
        let mut ways = results.workloads.iter().flat_map(|workload| &workload.ways);
        ways.any(part)
    };
    let parts = [
        ("times", has(|way| !way.nanos.is_empty())),
        ("instructions", has(|way| way.instructions.is_some())),
        ("memory", has(|way| way.peak.is_some())),
        ("latency", !results.latencies.is_empty()),
    ];
    let missing = parts.iter().filter(|(_, is_there)| !is_there);
    let missing: Vec<&str> = missing.map(|(part, _)| *part).collect();
    let text = format!("Not measured: {}.", missing.join(", "));
    (!missing.is_empty()).then_some(Piece::Paragraph(text))
}

/// What the columns mean, for those who come to them first.
const DEFINITIONS: [&str; 4] = [
    "Times: in each round every way of a workload has one turn, in an order that changes from round to round. \
     A turn is as many batches as fit in 0.15 s, of which the first does not count, and its value is the \
     median. What stands in the tables is the median of the rounds, with the interval that holds the true \
     median in 95 of 100 cases. A speed is the median of the ratios within each round: above 1, the pipeline is \
     the faster one.",
    "Instructions: counted by callgrind with batches of 200,000 records; what several batches more cost, \
     divided by their records. So what happens once does not count.",
    "Peak memory: the most bytes that were asked of the allocator at a time while three batches ran, in a \
     process of its own, above what was there after a first run over one batch, which has made the data. Memory \
     that is asked for and not written to counts; while a vector moves to a larger place, both count. Peaks below 64 KiB are not compared.",
    "Bytes per key: that peak, divided by the keys that the pipeline keeps from batch to batch.",
];

fn definitions() -> Vec<Piece> {
    let mut pieces = vec![Piece::heading(2, "What the figures are")];
    pieces.extend(DEFINITIONS.map(|text| Piece::Paragraph(text.to_owned())));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn it_is_said_what_was_not_measured() {
        let mut results = fixture::results();
        let said = |results: &Results| match left_out(results) {
            Some(Piece::Paragraph(text)) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(said(&results), "Not measured: latency.");
        results.workloads.remove(0);
        let without = "Not measured: instructions, memory, latency.";
        assert_eq!(said(&results), without);
    }
}
