//! What listeners are told.

use std::sync::{Arc, Mutex};

use stream_runtime::prelude::*;
use stream_runtime::sink::from_fn;
use stream_runtime::testing::TestRun;
use stream_runtime::{
    BatchInfo, BatchStarted, BatchSubmitted, BatchTime, Listener, OutputDone, Val,
};

use crate::case::Case;

pub(crate) const CASES: &[(&str, fn(&Case))] = &[
    ("listener.batch_info", batch_info),
    ("listener.failures", failures),
];

stream!(
    fn two_outputs(xs: Stream<u64>, first: Sink<u64>, second: Sink<u64>) {
        xs.to(first);
        xs.to(second);
    }
);

/// What a listener was told, in its order.
#[derive(Debug, Clone)]
enum Told {
    Submitted(BatchSubmitted),
    Started(BatchStarted),
    Output(OutputDone),
    Completed(BatchInfo),
}

#[derive(Clone, Default)]
struct Witness(Arc<Mutex<Vec<Told>>>);

impl Witness {
    fn note(&self, told: Told) {
        self.0.lock().unwrap().push(told);
    }

    fn outputs(&self) -> Vec<(usize, Option<String>)> {
        let told = self.0.lock().unwrap();
        let outputs = told.iter().filter_map(|told| match told {
            Told::Output(output) => Some((output.id, output.failure.clone())),
            _ => None,
        });
        outputs.collect()
    }
}

impl Listener for Witness {
    fn on_batch_submitted(&mut self, batch: &BatchSubmitted) {
        self.note(Told::Submitted(batch.clone()));
    }

    fn on_batch_started(&mut self, batch: &BatchStarted) {
        self.note(Told::Started(batch.clone()));
    }

    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        self.note(Told::Completed(batch.clone()));
    }

    fn on_output_completed(&mut self, _: BatchTime, output: &OutputDone) {
        self.note(Told::Output(output.clone()));
    }
}

/// An output that works, or one that does not.
fn sink(works: bool) -> impl stream_runtime::sink::BatchWriter<Val<u64>> {
    from_fn(move |_: BatchTime, _: &[Vec<u64>]| match works {
        true => Ok(()),
        false => Err(std::io::Error::other("the disk is gone")),
    })
}

fn told(batches: u64, works: [bool; 2]) -> Witness {
    let witness = Witness::default();
    let rows = queue((0..batches).map(|x| [x]));
    let job = two_outputs(rows, sink(works[0]), sink(works[1])).listener(witness.clone());
    let ended = TestRun::new().job(job, batches);
    assert_eq!(ended.is_ok(), works == [true; 2]);
    witness
}

/// The delays that are not known yet are not there: a batch that is submitted has none, one that is
/// started has a scheduling delay, and one that is completed has all. The types say that.
fn batch_info(case: &Case) {
    assert!(
        case.expected["submitted"]
            .as_str()
            .unwrap()
            .ends_with("records = 1")
    );
    let told = told(4, [true; 2]).0.lock().unwrap().clone();
    let batches: Vec<&[Told]> = told.chunks(5).collect();
    assert_eq!(batches.len(), 4);
    let mut last = BatchTime::ZERO;
    for batch in batches {
        let [
            Told::Submitted(submitted),
            Told::Started(started),
            Told::Output(_),
            Told::Output(_),
            Told::Completed(completed),
        ] = batch
        else {
            panic!("{batch:?}");
        };
        let records = submitted.inputs.iter().map(|input| input.records);
        assert_eq!((records.sum::<u64>(), completed.records), (1, 1));
        assert!(last < submitted.time && submitted.submitted <= started.started);
        assert!(started.started <= completed.ended);
        assert_eq!(started.scheduling_delay, completed.scheduling_delay);
        assert_eq!(
            completed.total_delay(),
            completed.scheduling_delay + completed.processing_time
        );
        last = completed.time;
    }
}

/// Each output that failed says why, under its number, and the others are run.
fn failures(case: &Case) {
    assert!(case.expected["two failed jobs"].is_string());
    for works in [[true, true], [false, true], [true, false], [false, false]] {
        let outputs = told(1, works).outputs();
        let ids: Vec<usize> = outputs.iter().map(|output| output.0).collect();
        assert_eq!(ids, [0, 1], "{works:?}");
        for ((_, failure), works) in outputs.iter().zip(works) {
            let reason = failure
                .as_ref()
                .map(|failure| failure.contains("the disk is gone"));
            assert_eq!(reason, (!works).then_some(true));
        }
    }
}
