#!/bin/sh
# Counts the instructions of a batch, generated code beside the hand-written loop, on one thread:
#
#     benches/instructions.sh [BOUND]
#
# Exits with 1 if a pipeline needs more than BOUND (1.03) times the instructions of its loop. The
# cost of a batch is the difference between a run of one batch and a run of three, so that what
# happens once (making up the data, starting) does not count. Needs valgrind. RECORDS (200000) sets
# the size of a batch, WORKLOADS names those to run.
set -eu
cd "$(dirname "$0")/.."

bound=${1:-1.03}
export RECORDS="${RECORDS:-200000}"
command -v valgrind >/dev/null || {
    echo "valgrind is missing; on Debian: apt-get install valgrind" >&2
    exit 2
}
cargo build --quiet --profile measure -p stream-benches --bin batches
batches=${CARGO_TARGET_DIR:-target}/measure/batches
log=$(mktemp -d)
trap 'rm -r "$log"' EXIT

# instructions WORKLOAD WAY COUNT
instructions() {
    if ! valgrind --tool=callgrind --callgrind-out-file=/dev/null "$batches" "$@" >"$log/out" 2>&1; then
        cat "$log/out" >&2
        return 1
    fi
    awk '/Collected/ { print $NF }' "$log/out"
}

# of_a_batch WORKLOAD WAY
of_a_batch() {
    one=$(instructions "$1" "$2" 1)
    three=$(instructions "$1" "$2" 3)
    echo $(((three - one) / 2))
}

echo "instructions per record, batches of $RECORDS records; bound $bound"
printf '%-12s %10s %10s %8s\n' workload stream! hand ratio
missed=0
for workload in ${WORKLOADS:-grep word_count numeric csv join}; do
    stream=$(of_a_batch "$workload" "stream! 1")
    hand=$(of_a_batch "$workload" "hand 1")
    awk -v name="$workload" -v stream="$stream" -v hand="$hand" -v bound="$bound" -v n="$RECORDS" '
        BEGIN {
            ratio = stream / hand
            above = ratio > bound
            printf "%-12s %10.2f %10.2f %8.3f%s\n", name, stream / n, hand / n, ratio,
                above ? "  above the bound" : ""
            exit above
        }' || missed=1
done
exit "$missed"
