#!/usr/bin/env bash
# Counts the words of a real file of half a gigabyte, and of a TCP connection, with the word-count
# example, and compares each count of each word with what tr, sort and uniq say.
#
# usage: tests/word_count_real.sh [BYTES]      default: 524288000; needs three times that in TMPDIR
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."

bytes=${1:-524288000}
socket_bytes=$((bytes / 5))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --quiet --release --example word_count
program=${CARGO_TARGET_DIR:-target}/release/examples/word_count

# Lines of twelve made-up words: the k-th of 100,000 words has a share of about 1/k, as in a
# language. Some lines are empty, some have tabs, runs of spaces, or "\r\n" at their ends.
make_text() {
    awk -v bytes="$1" -v vocabulary=100000 '
        BEGIN {
            srand(7)
            syllables = split("bar den fil gos lum mae né pic rot sun tav vex", syllable, " ")
            for (k = 1; k <= vocabulary; k++) {
                word = ""
                for (rest = k; rest > 0; rest = int(rest / syllables))
                    word = word syllable[rest % syllables + 1]
                words[k] = word
            }
            spread = log(vocabulary)
            while (written < bytes) {
                line = ""
                for (i = 0; i < 12; i++)
                    line = line words[int(exp(rand() * spread))] " "
                if (++lines % 100 == 0)
                    line = "\t" line "  \n\n \r"
                print line
                written += length(line) + 1
            }
        }'
}

# "WORD COUNT", sorted, by other means than ours.
expected_counts() {
    tr -s '[:space:]' '\n' < "$1" | sort -S 1G --parallel=2 | uniq -c | awk 'NF == 2 { print $2, $1 }'
}

# "WORD COUNT", sorted, out of the batches that were saved: lines "(WORD,COUNT)".
saved_counts() {
    cat "$work"/saved/*/part-* | tr '(),' '   ' |
        awk '{ count[$1] += $2 } END { for (word in count) print word, count[word] }' | sort
}

# check EXPECTED OPTION... counts with the example and compares.
check() {
    local expected=$1
    shift
    rm -rf "$work/saved"
    "$program" "$@" --save "$work/saved/counts" 2> "$work/summary"
    saved_counts > "$work/counts"
    if ! cmp -s "$expected" "$work/counts"; then
        echo "FAILED: word_count $*" >&2
        diff "$expected" "$work/counts" | head >&2
        exit 1
    fi
    echo "ok: word_count $*"
    sed 's/^/    /' "$work/summary"
}

# serve FILE sends the file to the first who connects, as `nc -l PORT < FILE` does; the port that it
# has taken stands in $work/port.
serve() {
    python3 - "$1" "$work/port" <<'PYTHON'
import os, socket, sys
file, port = sys.argv[1:]
with socket.create_server(("127.0.0.1", 0)) as server:
    with open(port + ".new", "w") as out:
        out.write(str(server.getsockname()[1]))
    os.rename(port + ".new", port)
    connection, _ = server.accept()
    with connection, open(file, "rb") as data:
        connection.sendfile(data)
PYTHON
}

check_socket() {
    rm -f "$work/port"
    serve "$work/socket.txt" &
    local server=$!
    until [ -e "$work/port" ]; do sleep 0.05; done
    check "$work/socket.expected" --socket "127.0.0.1:$(cat "$work/port")" "$@"
    wait "$server"
}

make_text "$bytes" > "$work/file.txt"
head -c "$socket_bytes" "$work/file.txt" > "$work/socket.txt"
echo "a text of $(stat -c %s "$work/file.txt") bytes"
expected_counts "$work/file.txt" > "$work/file.expected"
expected_counts "$work/socket.txt" > "$work/socket.expected"
echo "$(wc -l < "$work/file.expected") different words"

for partitions in 1 2 7; do
    for batch_bytes in 8000000 100000000; do
        check "$work/file.expected" --file "$work/file.txt" \
            --partitions "$partitions" --batch-bytes "$batch_bytes"
    done
done
for batch_interval in 50ms 1s; do
    check_socket --batch-interval "$batch_interval"
done
