#!/bin/sh
# fresh.sh runs the first commands of the README as a new user would: in a clone of
# HEAD, with an empty module cache and an empty build cache. The commands are read from
# the README of that clone: the first block of shell with make commands.
set -eu
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
git clone --quiet . "$scratch/tapkey-go"
cd "$scratch/tapkey-go"
export GOMODCACHE="$scratch/modules" GOCACHE="$scratch/build"
commands=$(awk '/^```/ { if (found) exit; shell = ($0 == "```sh"); next }
	shell && /^make / { found = 1; sub(/ *#.*/, ""); print }' README.md)
[ -n "$commands" ] || { echo "fresh: README.md has no block of shell with make commands" >&2; exit 1; }
echo "$commands" | while read -r command; do
	echo "fresh: $command"
	start=$(date +%s)
	$command </dev/null
	echo "fresh: $command: $(($(date +%s) - start)) s"
done
