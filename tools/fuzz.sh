#!/bin/sh
# Runs each fuzz target of the given packages for the given time: fuzz.sh TIME PACKAGE...
#
# If the time ends while an input is running, the go command sometimes reports "context
# deadline exceeded" as a failure (go.dev/issue/75804). Without a written failing input,
# this is not a failure.
set -eu
time=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for package; do
	for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
		echo "fuzz $package $target $time"
		if ! go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package" >"$log" 2>&1; then
			if grep -q 'context deadline exceeded' "$log" && ! grep -q 'Failing input written' "$log"; then
				echo "  stopped at the deadline"
				continue
			fi
			cat "$log"
			exit 1
		fi
	done
done
