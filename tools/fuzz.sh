#!/bin/sh
# Fuzzes each target of the packages given for a while: fuzz.sh TIME PACKAGE...
#
# When time is up in the middle of an input, the Go tool now and then reports
# "context deadline exceeded" as a failure (go.dev/issue/75804). With no failing
# input written that is the end of the time, and nothing else.
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
				echo "  time was up"
				continue
			fi
			cat "$log"
			exit 1
		fi
	done
done
