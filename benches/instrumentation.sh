#!/bin/sh
# Counts what it costs that a job can be listened to: the instructions of a batch of the word count,
# on one thread, before there were listeners, now, and now with a listener that does nothing:
#
#     benches/instrumentation.sh [BOUND] [COMMIT]
#
# Exits with 1 if a batch of 200,000 lines needs more than BOUND (1.01) times the instructions that it
# needed at COMMIT (88c7641). Batches of 2,000 lines and of one are counted too: what is added to them
# is the same, so it is added to batches and not to records. Needs git, and valgrind; the cost of a
# batch is a quarter of the difference between a run of three and one of seven.
set -eu
cd "$(dirname "$0")/.."

bound=${1:-1.01}
commit=${2:-88c7641}
target=$PWD/${CARGO_TARGET_DIR:-target}
case ${CARGO_TARGET_DIR:-} in /*) target=$CARGO_TARGET_DIR ;; esac
command -v valgrind >/dev/null || {
    echo "valgrind is missing; on Debian: apt-get install valgrind" >&2
    exit 2
}
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
git archive --format=tar "$commit" | tar -x -C "$work"
CARGO_TARGET_DIR=$target/before cargo build --quiet --manifest-path "$work/Cargo.toml" \
    --profile measure -p stream-benches --bin batches
cargo build --quiet --profile measure -p stream-benches --bin batches
before=$target/before/measure/batches
now=$target/measure/batches

# instructions PROGRAM COUNT
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$1" word_count "stream! 1" "$2" \
        2>&1 | awk '/Collected/ { print $NF }'
}

# of_a_batch PROGRAM
of_a_batch() {
    three=$(instructions "$1" 3)
    seven=$(instructions "$1" 7)
    echo $(((seven - three) / 4))
}

echo "instructions of a batch of the word count; bound $bound"
printf '%-10s %14s %14s %14s %8s\n' lines "$commit" now listener ratio
missed=0
for lines in 1 2000 200000; do
    export RECORDS=$lines
    old=$(of_a_batch "$before")
    new=$(of_a_batch "$now")
    heard=$(LISTENER=1 of_a_batch "$now")
    awk -v lines="$lines" -v old="$old" -v new="$new" -v heard="$heard" -v bound="$bound" '
        BEGIN {
            ratio = heard / old
            above = lines == 200000 && ratio > bound
            printf "%-10d %14d %14d %14d %8.4f%s\n", lines, old, new, heard, ratio,
                above ? "  above the bound" : ""
            exit above
        }' || missed=1
done
exit "$missed"
