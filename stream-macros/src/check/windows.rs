//! Windows and what is remembered: durations that fit, and a checkpoint where one is needed.

use crate::diagnostics::Diagnostics;
use crate::duration::{Duration, text};
use crate::graph::{Graph, Node, Window};
use crate::ops::{Memory, Records};

/// The batch interval of a pipeline without `#[batch(..)]`, in microseconds.
const DEFAULT_INTERVAL: u64 = 1_000_000;

/// What cannot be had again from the last few batches is lost in a crash, if nobody writes it down.
pub(super) fn check_have_checkpoint(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    if graph.function.settings.checkpoint.is_some() {
        return;
    }
    for node in &graph.nodes {
        if let Some(op) = node.op().filter(|op| op.memory == Memory::State) {
            let message = format!(
                "`{}` remembers from batch to batch, and the pipeline has no `#[checkpoint]`",
                op.name
            );
            let help = format!(
                "write `#[checkpoint]` above `fn {}`, or `#[checkpoint(every = 10s)]` to write less often",
                graph.function.name
            );
            diagnostics.error(node.span, message, &help);
        }
    }
}

/// A window over event time knows when its records happened.
pub(super) fn check_have_event_time(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    for (index, node) in graph.nodes.iter().enumerate() {
        let Some(op) = node.op().filter(|op| op.records == Records::Timed) else {
            continue;
        };
        if graph.timed_by(index).is_empty() {
            let message = format!("`{}` does not know when its records happened", op.name);
            let help = "give them a time before it: `.event_time(|record| record.at, 5s)`, where 5s is by how much they may be out of order";
            diagnostics.error(node.span, message, help);
        }
    }
}

/// Each record is in some window: a slide over event time is not longer than its window.
pub(super) fn check_have_no_holes(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    for node in &graph.nodes {
        let op = node.op().map_or("", |op| op.name);
        let [
            Duration::Literal { micros, .. },
            Duration::Literal {
                micros: slide,
                span,
            },
            ..,
        ] = node.spans[..]
        else {
            continue;
        };
        if op == "sliding" && slide > micros {
            let (length, slide) = (text(micros), text(slide));
            let message = format!("a slide of {slide} is longer than the window of {length}");
            let help = format!(
                "what happens between two windows would be in none: the longest slide is `{length}`"
            );
            diagnostics.error(span, message, &help);
        }
    }
}

/// Lengths and slides are multiples of the interval of the records that come in.
pub(super) fn check_fit(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    for node in &graph.nodes {
        let (Some(window), Some(step)) = (&node.window, step_of(graph, node)) else {
            continue;
        };
        let durations = [Some(&window.length), window.slide.as_ref()];
        for (duration, what) in durations.into_iter().zip(["length", "slide"]) {
            check_multiple(duration, what, step, diagnostics);
        }
    }
}

fn check_multiple(
    duration: Option<&Duration>,
    what: &str,
    step: u64,
    diagnostics: &mut Diagnostics,
) {
    let Some(Duration::Literal { micros, span }) = duration else {
        return; // a constant is checked when the job starts
    };
    if micros % step == 0 {
        return;
    }
    let (micros, below) = (*micros, micros / step * step);
    let nearest = match below {
        0 => text(step),
        _ => format!("{}` or `{}", text(below), text(below + step)),
    };
    let message = format!(
        "a {what} of {} is not a multiple of the {} from batch to batch",
        text(micros),
        text(step)
    );
    diagnostics.error(*span, message, format!("the nearest is `{nearest}`"));
}

/// Streams that meet give records at the same batches.
pub(super) fn check_slides_meet(graph: &Graph<'_>, diagnostics: &mut Diagnostics) {
    for node in &graph.nodes {
        let mut steps = node.inputs.iter().map(|from| slide_of(graph, from.node));
        let Some(Some(first)) = steps.next() else {
            continue;
        };
        let Some(other) = steps.flatten().find(|step| *step != first) else {
            continue;
        };
        let name = node.op().map_or("", |op| op.name);
        let message = format!(
            "`{name}` takes streams that move together, and these move by {} and {}",
            text(first),
            text(other)
        );
        let longer = text(first.max(other));
        let help = format!(
            "give both the same slide: `.window({longer}, {longer})` makes one that moves by {longer}"
        );
        diagnostics.error(node.span, message, &help);
    }
}

/// By how much the records that a node takes move, in microseconds; `None` if only rustc knows.
fn step_of(graph: &Graph<'_>, node: &Node) -> Option<u64> {
    slide_of(graph, node.inputs.first()?.node)
}

/// By how much the records that a node gives move.
fn slide_of(graph: &Graph<'_>, node: usize) -> Option<u64> {
    let node = &graph.nodes[node];
    match &node.window {
        Some(Window {
            slide: Some(slide), ..
        }) => literal(slide),
        _ if node.inputs.is_empty() => interval(graph),
        _ => step_of(graph, node),
    }
}

fn interval(graph: &Graph<'_>) -> Option<u64> {
    match &graph.function.settings.batch {
        Some(batch) => literal(batch.value.as_ref()?),
        None => Some(DEFAULT_INTERVAL),
    }
}

fn literal(duration: &Duration) -> Option<u64> {
    match duration {
        Duration::Literal { micros, .. } => Some(*micros),
        Duration::Expr(_) => None,
    }
}
