//! The code of the guide in `docs/guide` runs: each chapter is a doctest.

#[doc = include_str!("../../docs/guide/src/first-pipeline.md")]
struct FirstPipeline;

#[doc = include_str!("../../docs/guide/src/operators.md")]
struct Operators;

#[doc = include_str!("../../docs/guide/src/windows.md")]
struct Windows;

#[doc = include_str!("../../docs/guide/src/state.md")]
struct State;

#[doc = include_str!("../../docs/guide/src/exactly-once.md")]
struct ExactlyOnce;

#[doc = include_str!("../../docs/guide/src/inputs.md")]
struct Inputs;

#[doc = include_str!("../../docs/guide/src/tuning.md")]
struct Tuning;

#[doc = include_str!("../../docs/guide/src/operating.md")]
struct Operating;

#[doc = include_str!("../../docs/guide/src/testing.md")]
struct Testing;

#[doc = include_str!("../../docs/guide/src/from-spark.md")]
struct FromSpark;
