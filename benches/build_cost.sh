#!/bin/sh
# Measures what pipelines cost to compile, beside the goals:
#
#     benches/build_cost.sh
#
# An edit changes a number in a closure of the example word_count, and is taken back in the end.
# Builds what is missing first, so that only the edit is timed. The times are medians of three.
set -eu
cd "$(dirname "$0")/.."

example=examples/word_count.rs
kept=$(mktemp)
cp -p "$example" "$kept"
trap 'cp -p "$kept" "$example"; rm "$kept"' EXIT

# seconds_after_edit COMMAND...
seconds_after_edit() {
    "$@" >&2
    for number in 2 3 4; do
        sed "s/(word, 1u64)/(word, ${number}u64)/" "$kept" >"$example"
        started=$(date +%s.%N)
        "$@" >&2
        echo "$started $(date +%s.%N)"
    done | awk '{ print $2 - $1 }' | sort -n | sed -n 2p
    cp "$kept" "$example"
}

# The lines inside function bodies, before any optimization.
llvm_lines() {
    cargo rustc --quiet -p stream-benches --bin thirty_operators -- \
        --emit=llvm-ir -C no-prepopulate-passes -C codegen-units=1 -C debuginfo=0 >&2
    newest=$(ls -t "${CARGO_TARGET_DIR:-target}"/debug/deps/thirty_operators-*.ll | head -n 1)
    awk '/^define /, /^}/ { if (NF && !/^define / && !/^}/) lines++ } END { print lines }' "$newest"
}

time_in_macro() {
    cargo test --quiet -p stream-macros expansion_time -- --nocapture |
        sed -n 's/^time in the macro.*: //p'
}

row() {
    printf '%-48s %12s   %s\n' "$@"
}

row "release build of word_count after an edit" \
    "$(seconds_after_edit cargo build --quiet --release --example word_count) s" "<= 8 s"
row "cargo check of word_count after an edit" \
    "$(seconds_after_edit cargo check --quiet --example word_count) s" "<= 1 s"
row "time in the macro, 30 operators" "$(time_in_macro)" "<= 50 ms"
row "LLVM lines, 30 operators" "$(llvm_lines)" "<= 60000"
