#!/usr/bin/env bash
# The page of a running job in a real browser, and its metrics before Prometheus' own parser.
# Pictures of the page are left in target/browser.
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo build --quiet --release --example monitored
target=${CARGO_TARGET_DIR:-target}
program=$target/release/examples/monitored
pictures=$target/browser
work=$(mktemp -d)
# Debian's own: the one that has Debian's packages.
python=/usr/bin/python3
mkdir -p "$pictures" "$work/faults"
rm -f "$pictures"/*.png
# It is read before the program may have made it.
touch "$work/errors"

# The address is in the first line that the program writes; the port is one that is free.
"$program" --ui 127.0.0.1:0 --faults "$work/faults" --duration 15min 2> "$work/errors" &
job=$!
end() {
    kill "$job" 2> /dev/null || true
    rm -rf "$work"
}
trap end EXIT
for _ in $(seq 200); do
    url=$(sed -n 's/^web page: //p' "$work/errors")
    [ -z "$url" ] || break
    sleep 0.05
done
[ -n "$url" ] || { cat "$work/errors" >&2; exit 1; }

# Once with every metric: after a batch is completed.
for _ in $(seq 200); do
    "$python" - "${url%%\?*}metrics" > "$work/metrics" << 'EOF'
import sys, urllib.request
sys.stdout.write(urllib.request.urlopen(sys.argv[1]).read().decode())
EOF
    ! grep -q '^stream_checkpoint_age_seconds' "$work/metrics" || break
    sleep 0.05
done
promtool check metrics < "$work/metrics"
echo "promtool: $(grep -c '^# TYPE' "$work/metrics") metrics"

"$python" tests/browser/page.py "$url" "$job" "$work/faults" "$pictures" "$program" "$@"
if [ $# -eq 0 ]; then
    # The last test has stopped it: it ends well.
    wait "$job"
    grep '^done: ' "$work/errors"
fi
