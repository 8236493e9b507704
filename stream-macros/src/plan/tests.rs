//! Stages are cut where they should be, and nowhere else.

use super::{Movement, Stages, stages};
use crate::diagnostics::Diagnostics;
use crate::{graph, syntax};

/// Plans the only pipeline of `input`, which has no mistakes, and looks at it.
fn plan<O>(input: &str, look: impl FnOnce(&Stages<'_>) -> O) -> O {
    let mut diagnostics = Diagnostics::new();
    let source = syntax::parse(input.parse().expect("tokens"), &mut diagnostics);
    let pipeline = source.pipelines().next().expect("a pipeline");
    let graph = graph::resolve(pipeline, &source, &mut diagnostics);
    assert_eq!(diagnostics.into_texts(), [""; 0]);
    look(&stages(graph))
}

#[test]
fn narrow_operators_share_the_stage_of_their_input() {
    let input = "fn f(xs: Stream<u64>) { xs.map(g).filter(h).flat_map(i).print(); }";
    assert_eq!(plan(input, |stages| stages.stage_of.clone()), [0; 5]);
}

#[test]
fn a_second_operator_on_the_same_key_does_not_shuffle() {
    let input = "fn f(xs: Stream<(u64, u64)>) {
        xs.reduce_by_key(g).map_values(h).group_by_key().map(i).distinct().print();
    }";
    let movements = plan(input, |stages| stages.movements.concat());
    let [reduce, values, group, map, distinct, output] = movements[..] else {
        panic!("an edge for each operator: {movements:?}")
    };
    assert_eq!([reduce, distinct], [Movement::Shuffle; 2]);
    assert_eq!(group, Movement::Buffer);
    assert_eq!([values, map], [Movement::Fused; 2]);
    assert_eq!(output, Movement::Batch);
}

#[test]
fn a_stream_with_two_uses_is_read_once() {
    let input = "fn f(xs: Stream<u64>) { let ys = xs.map(g); ys.count().print(); ys.print(); }";
    plan(input, |stages| {
        assert_eq!(stages.roots.len(), 2, "the input, and the count");
        assert_eq!(stages.terminals(0).len(), 2, "one loop feeds both");
    });
}
