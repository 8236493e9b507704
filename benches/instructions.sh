#!/bin/sh
# Counts the instructions of a record under callgrind, on one thread, and compares them with the ones on
# record in benches/instructions.txt and with the loop by hand:
#
#     benches/instructions.sh [--bless]
#
# Exits with 1 if a pipeline needs over 3 % more than what is on record; --bless puts what was counted on
# record, which a change that is worth its instructions does, and so does a new compiler. The cost of a
# batch is the difference between a run of one batch and a run of three, so that what happens once
# (making up the data, starting) does not count. Large vectors are the system's business here: how the
# allocator finds room for them, and so what it costs to make up the data, is never twice the same. Needs
# valgrind.
set -eu
cd "$(dirname "$0")/.."

record=benches/instructions.txt
records=200000
command -v valgrind >/dev/null || {
    echo "valgrind is missing; on Debian: apt-get install valgrind" >&2
    exit 2
}
cargo build --quiet --profile measure -p stream-benches --bin batches
batches=${CARGO_TARGET_DIR:-target}/measure/batches
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# instructions WORKLOAD WAY COUNT
instructions() {
    if ! MALLOC_MMAP_THRESHOLD_=131072 RECORDS=$records valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        "$batches" "$@" >"$work/out" 2>&1; then
        cat "$work/out" >&2
        return 1
    fi
    awk '/Collected/ { print $NF }' "$work/out"
}

# of_a_record WORKLOAD WAY
of_a_record() {
    one=$(instructions "$1" "$2" 1)
    three=$(instructions "$1" "$2" 3)
    echo "$one $three" | awk -v records=$records '{ printf "%.2f\n", ($2 - $1) / 2 / records }'
}

missed=0
printf '%-14s %10s %10s %10s %8s\n' workload stream! 'on record' hand ratio
while read -r workload before; do
    now=$(of_a_record "$workload" "stream! 1")
    hand=$(of_a_record "$workload" "hand 1")
    printf '%-14s %s\n' "$workload" "$now" >>"$work/record"
    echo "$now $before $hand" | awk -v name="$workload" '{
        rise = $1 > 1.03 * $2
        printf "%-14s %10.2f %10.2f %10.2f %8.3f%s\n", name, $1, $2, $3, $1 / $3,
            rise ? "  over 3 % more than on record" : ""
        exit rise
    }' || missed=1
done <$record
if [ "${1:-}" = --bless ]; then
    cp "$work/record" $record
    exit 0
fi
exit "$missed"
