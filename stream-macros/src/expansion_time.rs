//! How long the macro takes for the pipeline of thirty operators in `benches`.
//!
//! `cargo test -p stream-macros expansion_time -- --nocapture`. Cargo builds macros without
//! optimization, tests too, so this is the time that a build spends.

use std::time::{Duration, Instant};

use proc_macro2::{TokenStream, TokenTree};

const ROUNDS: u32 = 20;

/// The tokens in the first `stream!(…)` of a file.
fn pipeline_of(text: &str) -> TokenStream {
    let (_, from_call) = text.split_once("stream!").expect("a pipeline");
    let tokens: TokenStream = from_call.parse().expect("the file is Rust");
    match tokens.into_iter().next() {
        Some(TokenTree::Group(group)) => group.stream(),
        other => panic!("`stream!` with {other:?}"),
    }
}

#[test]
fn expansion_time_of_thirty_operators() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../benches/src/bin/thirty_operators.rs"
    );
    let Ok(text) = std::fs::read_to_string(path) else {
        return; // outside the repository there are no benches
    };
    let pipeline = pipeline_of(&text);
    let started = Instant::now();
    for _ in 0..ROUNDS {
        let expanded = crate::expand(pipeline.clone()).to_string();
        assert!(!expanded.contains("compile_error"), "{expanded}");
    }
    let time = started.elapsed() / ROUNDS;
    println!("time in the macro, 30 operators: {time:.1?}");
    assert!(time < Duration::from_secs(1), "{time:?}");
}
