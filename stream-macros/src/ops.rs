//! The operators of the language: one line each.

/// What the compiler may know of an operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// One record in, one out.
    One,
    /// One record in, at most one out.
    Maybe,
    /// As `Maybe`, with a state of its own in each task.
    MaybeLocal,
    /// One record in, any number out.
    Many,
    /// One record in, one out on one of two streams.
    Fork,
    /// All records of a key meet in one partition.
    Shuffle,
    /// As `Shuffle`; what is remembered for all keys comes out on a second stream, which has no name
    /// of its own.
    Mapping,
    /// As `Shuffle`, and each record that comes out is on one of two streams.
    ShuffleFork,
    /// All records meet in one partition.
    Gather,
    /// Records are dealt out evenly to another number of partitions.
    Deal,
    /// Each partition as a whole.
    Partition,
    /// Several streams side by side.
    Union,
    /// Two streams, matched by key.
    Join,
    /// A batch as a whole, once, on the driver.
    Whole,
    /// Out of the pipeline.
    Output,
    /// Out of the pipeline, to a sink parameter.
    ToSink,
}

impl Shape {
    /// Whether it is fused into the loop of the stage before it.
    pub(crate) fn is_narrow(self) -> bool {
        matches!(
            self,
            Self::One | Self::Maybe | Self::MaybeLocal | Self::Many | Self::Fork
        )
    }

    pub(crate) fn is_output(self) -> bool {
        matches!(self, Self::Output | Self::ToSink)
    }

    /// How many streams come out under the names that they are given.
    pub(crate) fn ports(self) -> usize {
        match self {
            Self::Fork | Self::ShuffleFork => 2,
            Self::Output | Self::ToSink => 0,
            _ => 1,
        }
    }

    /// How many streams come out.
    pub(crate) fn streams(self) -> usize {
        self.ports() + usize::from(self == Self::Mapping)
    }
}

/// What an argument is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Arg {
    /// A function of one argument: a closure or a path.
    Fn1,
    /// A function of two arguments.
    Fn2,
    /// A function of two arguments that can be seen to give one of them.
    Select,
    /// A function of four arguments.
    Fn4,
    /// Any other expression.
    Value,
    /// An expression in which durations such as `30s` may stand.
    Options,
    /// A stream: a name or a chain.
    Stream,
    /// One or more streams.
    Streams,
    /// A sink parameter.
    Sink,
    /// A duration: the length of a window.
    Length,
    /// A duration: how far a window moves each time. The last argument; the batch interval without.
    Slide,
    /// A duration in the time of the records.
    Span,
    /// A duration: for how long a window takes records after its end. The last argument; zero without.
    Lateness,
    /// A duration: when an input is idle. The last argument; the runtime's choice without.
    Idle,
}

impl Arg {
    pub(crate) fn is_function(self) -> bool {
        matches!(self, Self::Fn1 | Self::Fn2 | Self::Fn4 | Self::Select)
    }

    pub(crate) fn is_duration(self) -> bool {
        self.is_of_window() || matches!(self, Self::Span | Self::Lateness | Self::Idle)
    }

    /// Whether it is a duration of a window over batches.
    pub(crate) fn is_of_window(self) -> bool {
        matches!(self, Self::Length | Self::Slide)
    }

    /// Whether it may be left out.
    pub(crate) fn is_optional(self) -> bool {
        matches!(self, Self::Slide | Self::Lateness | Self::Idle)
    }
}

/// What becomes of a partitioning by key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Keys {
    /// Lost.
    Lost,
    /// As it was.
    Kept,
    /// Made.
    Made,
}

/// What the records must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Records {
    Any,
    /// Pairs `(key, value)`. If the operator takes streams, those have the same type of key.
    Pairs,
    /// Pairs of a key and a value with a time, `(key, Timed<V>)`.
    Timed,
}

/// What an operator remembers from batch to batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Memory {
    /// Nothing.
    Nothing,
    /// The panes of a window.
    Panes,
    /// How far the time of the records has come.
    Watermark,
    /// What cannot be had again from the last few batches: it needs a checkpoint.
    State,
}

/// An operator, or one form of it: forms have the same name and other arguments.
#[derive(Debug)]
pub(crate) struct OpSpec {
    pub(crate) name: &'static str,
    /// The typing method of this form.
    pub(crate) method: &'static str,
    pub(crate) records: Records,
    pub(crate) shape: Shape,
    pub(crate) args: &'static [Arg],
    pub(crate) keys: Keys,
    pub(crate) memory: Memory,
    /// The algorithm, where there are several.
    pub(crate) algorithm: Option<&'static str>,
    /// Whether it is called only in a pipeline with `#[steady]`.
    pub(crate) is_steady: bool,
}

impl OpSpec {
    /// Whether it is called with so many arguments: the last one may be left out if it is optional.
    pub(crate) fn takes(&self, arguments: usize) -> bool {
        match self.args {
            [Arg::Streams] => arguments > 0,
            [least @ .., last] if last.is_optional() && arguments == least.len() => true,
            args => args.len() == arguments,
        }
    }

    pub(crate) fn has_memory(&self) -> bool {
        self.memory != Memory::Nothing
    }

    const fn remembering(self, memory: Memory) -> Self {
        Self { memory, ..self }
    }

    /// A form of an operator, with a typing method of its own. Of the forms that its arguments fit
    /// the last one is called.
    const fn form(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    /// The form for pipelines in which no slide of a window may be long.
    const fn steady(self, method: &'static str) -> Self {
        Self {
            method,
            is_steady: true,
            algorithm: Some(DABA),
            ..self
        }
    }

    const fn by(self, algorithm: &'static str) -> Self {
        Self {
            algorithm: Some(algorithm),
            ..self
        }
    }

    /// Whether its tasks keep all records, and make room for as many as there may come.
    pub(crate) fn gathers_all_records(&self) -> bool {
        const NAMES: [&str; 3] = ["group_by_key", "map_with_state", "update_state_by_key"];
        self.shape == Shape::Join || NAMES.contains(&self.name)
    }

    /// Whether its tasks keep a table of what they have met, with room for as much as last time.
    pub(crate) fn keeps_table(&self) -> bool {
        let meets_keys = matches!(self.shape, Shape::Shuffle | Shape::ShuffleFork);
        meets_keys && !self.gathers_all_records()
    }

    /// Whether that table is only there to combine records, and can be given up where it does not.
    pub(crate) fn only_combines(&self) -> bool {
        self.keeps_table() && self.memory == Memory::Nothing
    }

    /// Whether what comes out are records that came in.
    pub(crate) fn keeps_records(&self) -> bool {
        const NAMES: [&str; 6] = [
            "filter",
            "inspect",
            "persist",
            "repartition",
            "sample",
            "union",
        ];
        NAMES.contains(&self.name)
    }

    /// Whether its first record is taken in another way than the rest: then the loop is cut in two,
    /// and the second one, which has no such case in it, can be vectorised.
    pub(crate) fn begins_with_first_record(&self) -> bool {
        self.name == "reduce"
    }
}

const fn op(
    name: &'static str,
    records: Records,
    shape: Shape,
    args: &'static [Arg],
    keys: Keys,
) -> OpSpec {
    OpSpec {
        name,
        method: name,
        records,
        shape,
        args,
        keys,
        memory: Memory::Nothing,
        algorithm: None,
        is_steady: false,
    }
}

use Arg::{
    Fn1, Fn2, Fn4, Idle, Lateness, Length, Options, Select, Sink, Slide, Span, Stream, Streams,
    Value,
};
use Keys::{Kept, Lost, Made};
use Memory::{Panes, State, Watermark};
use Records::{Any, Pairs, Timed};

/// How windows are brought up to date; the runtime's module `window` says more of each.
const SUBTRACT: &str = "subtract on evict";
const MONOTONIC: &str = "monotonic deque";
const TWO_STACKS: &str = "two stacks";
const DABA: &str = "DABA lite";
const RECOMPUTED: &str = "all panes again";
const OUT_OF_ORDER: &str = "out of order";
const BY_TIME: &str = "of event time";
const PAUSE: &str = "of event time without records";

/// The language's operators. Each has a file of its name in `stream-runtime/src/ops`.
#[rustfmt::skip]
pub(crate) const OPS: &[OpSpec] = &[
    //  name                    records shape              arguments            partitioning by key
    op("map",                   Any,   Shape::One,        &[Fn1],              Lost),
    op("flat_map",              Any,   Shape::Many,       &[Fn1],              Lost),
    op("filter",                Any,   Shape::Maybe,      &[Fn1],              Kept),
    op("filter_map",            Any,   Shape::Maybe,      &[Fn1],              Lost),
    op("inspect",               Any,   Shape::One,        &[Fn1],              Kept),
    op("key_by",                Any,   Shape::One,        &[Fn1],              Lost),
    op("map_values",            Pairs, Shape::One,        &[Fn1],              Kept),
    op("flat_map_values",       Pairs, Shape::Many,       &[Fn1],              Kept),
    op("try_map",               Any,   Shape::Fork,       &[Fn1],              Lost),
    op("sample",                Any,   Shape::MaybeLocal, &[Value],            Kept),
    op("map_partitions",        Any,   Shape::Partition,  &[Fn1],              Lost),
    op("glom",                  Any,   Shape::Partition,  &[],                 Lost),
    op("persist",               Any,   Shape::Partition,  &[],                 Kept),
    op("repartition",           Any,   Shape::Deal,       &[Value],            Lost),
    op("union",                 Any,   Shape::Union,      &[Streams],          Lost),
    op("count",                 Any,   Shape::Gather,     &[],                 Lost),
    op("reduce",                Any,   Shape::Gather,     &[Fn2],              Lost),
    op("fold",                  Any,   Shape::Gather,     &[Value, Fn2],       Lost),
    op("take",                  Any,   Shape::Gather,     &[Value],            Lost),
    op("top_k",                 Any,   Shape::Gather,     &[Value],            Lost),
    op("sort_by",               Any,   Shape::Gather,     &[Fn2],              Lost),
    op("distinct",              Any,   Shape::Shuffle,    &[],                 Lost),
    op("count_by_value",        Any,   Shape::Shuffle,    &[],                 Made),
    op("reduce_by_key",         Pairs, Shape::Shuffle,    &[Fn2],              Made),
    op("fold_by_key",           Pairs, Shape::Shuffle,    &[Value, Fn2],       Made),
    op("combine_by_key",        Pairs, Shape::Shuffle,    &[Fn1, Fn2, Fn2],    Made),
    op("group_by_key",          Pairs, Shape::Shuffle,    &[],                 Made),
    op("cogroup",               Pairs, Shape::Join,       &[Stream],           Made),
    op("join",                  Pairs, Shape::Join,       &[Stream],           Made),
    op("left_outer_join",       Pairs, Shape::Join,       &[Stream],           Made),
    op("right_outer_join",      Pairs, Shape::Join,       &[Stream],           Made),
    op("full_outer_join",       Pairs, Shape::Join,       &[Stream],           Made),
    op("update_state_by_key",   Pairs, Shape::Shuffle,    &[Fn2],              Made).remembering(State),
    op("update_state_by_key",   Pairs, Shape::Shuffle,    &[Fn2, Options],     Made).remembering(State)
        .form("update_state_by_key_spec"),
    op("update_state_by_key",   Pairs, Shape::Shuffle,    &[Fn4],              Made).remembering(State)
        .form("update_state_by_key_full"),
    op("update_state_by_key",   Pairs, Shape::Shuffle,    &[Fn4, Options],     Made).remembering(State)
        .form("update_state_by_key_full_spec"),
    op("map_with_state",        Pairs, Shape::Mapping,    &[Fn4],              Lost).remembering(State),
    op("map_with_state",        Pairs, Shape::Mapping,    &[Fn4, Options],     Lost).remembering(State)
        .form("map_with_state_spec"),
    op("state_snapshots",       Pairs, Shape::One,        &[],                 Made),
    op("window",                    Any,   Shape::Partition, &[Length, Slide],         Lost).remembering(Panes).by(RECOMPUTED),
    op("slice",                     Any,   Shape::Partition, &[Value, Value],          Lost).remembering(Panes),
    op("count_by_window",           Any,   Shape::Gather,  &[Length, Slide],           Lost).remembering(Panes).by(SUBTRACT),
    op("count_by_value_and_window", Any,   Shape::Shuffle, &[Length, Slide],           Made).remembering(Panes).by(SUBTRACT),
    op("reduce_by_window",          Any,   Shape::Gather,  &[Fn2, Length, Slide],      Lost).remembering(Panes).by(TWO_STACKS),
    op("reduce_by_window",          Any,   Shape::Gather,  &[Select, Length, Slide],   Lost).remembering(Panes).by(MONOTONIC)
        .form("reduce_by_window_selecting"),
    op("reduce_by_window",          Any,   Shape::Gather,  &[Fn2, Fn2, Length, Slide], Lost).remembering(State).by(SUBTRACT)
        .form("reduce_by_window_with_inverse"),
    op("reduce_by_window", Any, Shape::Gather, &[Fn2, Length, Slide], Lost).remembering(Panes)
        .steady("reduce_by_window_steady"),
    op("reduce_by_key_and_window",  Pairs, Shape::Shuffle, &[Fn2, Length, Slide],      Made).remembering(Panes).by(TWO_STACKS),
    op("reduce_by_key_and_window",  Pairs, Shape::Shuffle, &[Select, Length, Slide],   Made).remembering(Panes).by(MONOTONIC)
        .form("reduce_by_key_and_window_selecting"),
    op("reduce_by_key_and_window",  Pairs, Shape::Shuffle, &[Fn2, Fn2, Length, Slide], Made).remembering(State).by(SUBTRACT)
        .form("reduce_by_key_and_window_with_inverse"),
    op("reduce_by_key_and_window", Pairs, Shape::Shuffle, &[Fn2, Length, Slide], Made).remembering(Panes)
        .steady("reduce_by_key_and_window_steady"),
    op("fold_by_key_and_window",    Pairs, Shape::Shuffle, &[Value, Fn2, Length, Slide], Made).remembering(Panes).by(TWO_STACKS),
    op("fold_by_key_and_window", Pairs, Shape::Shuffle, &[Value, Fn2, Length, Slide], Made).remembering(Panes)
        .steady("fold_by_key_and_window_steady"),
    op("group_by_key_and_window",   Pairs, Shape::Shuffle, &[Length, Slide],           Made).remembering(Panes).by(RECOMPUTED),
    op("event_time",            Any,   Shape::MaybeLocal, &[Fn1, Span, Idle], Lost).remembering(Watermark).by(OUT_OF_ORDER),
    op("tumbling",              Timed, Shape::ShuffleFork, &[Span, Fn2, Lateness],  Made).remembering(State).by(BY_TIME),
    op("sliding",               Timed, Shape::ShuffleFork, &[Span, Span, Fn2, Lateness], Made).remembering(State).by(BY_TIME),
    op("session",               Timed, Shape::ShuffleFork, &[Span, Fn2, Lateness],  Made).remembering(State).by(PAUSE),
    op("transform",             Any,   Shape::Whole,      &[Fn1],              Lost),
    op("transform_with",        Any,   Shape::Whole,      &[Stream, Fn2],      Lost),
    op("print",                 Any,   Shape::Output,     &[],                 Lost),
    op("save_as_text_files",    Any,   Shape::Output,     &[Value, Value],     Lost),
    op("save_as_object_files",  Any,   Shape::Output,     &[Value, Value],     Lost),
    op("for_each_batch",        Any,   Shape::Output,     &[Fn2],              Lost),
    op("to",                    Any,   Shape::ToSink,     &[Sink],             Lost),
];

/// The operator of this name: its first form.
pub(crate) fn find(name: &str) -> Option<&'static OpSpec> {
    OPS.iter().find(|op| op.name == name)
}

/// The forms of the operator of this name.
pub(crate) fn forms(name: &str) -> impl DoubleEndedIterator<Item = &'static OpSpec> {
    OPS.iter().filter(move |op| op.name == name)
}

/// Spark's names that differ by more than their case, and what they are called here.
const SPARK: &[(&str, &str)] = &[
    ("foreachRDD", "for_each_batch"),
    ("foreach_rdd", "for_each_batch"),
    ("forEachRDD", "for_each_batch"),
    ("for_each_rdd", "for_each_batch"),
    ("pprint", "print"),
    ("cache", "persist"),
    ("mapToPair", "map"),
    ("map_to_pair", "map"),
    ("flatMapToPair", "flat_map"),
    ("flat_map_to_pair", "flat_map"),
    ("sortBy", "sort_by"),
    ("sort_by_key", "sort_by"),
    ("sortByKey", "sort_by"),
    ("top", "top_k"),
    ("aggregate_by_key", "combine_by_key"),
    ("aggregateByKey", "combine_by_key"),
    ("keys", "map"),
    ("values", "map"),
];

/// What an unknown operator was probably meant to be: Spark's name for it, or a slip of the hand.
pub(crate) fn meant(name: &str) -> Option<&'static str> {
    let spark = SPARK
        .iter()
        .find(|(spark, _)| *spark == name)
        .map(|(_, ours)| *ours);
    let snake = snake_case(name);
    let same = OPS.iter().map(|op| op.name).find(|ours| *ours == snake);
    spark
        .or(same)
        .or_else(|| crate::diagnostics::similar(&snake, OPS.iter().map(|op| op.name)))
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
