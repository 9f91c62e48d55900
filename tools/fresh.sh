#!/bin/sh
# fresh.sh runs the first commands of the README as a new user would: in a clone of
# HEAD, with an empty module cache and an empty build cache. The commands are read from
# the README of that clone: the make commands in its first block of shell.
set -eu
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
git clone --quiet . "$scratch/tapkey-go"
cd "$scratch/tapkey-go"
export GOMODCACHE="$scratch/modules" GOCACHE="$scratch/build"
commands=$(awk '/^```/ { if (inside) exit; inside = ($0 == "```sh"); next } inside { sub(/ *#.*/, ""); print }' README.md | grep '^make ') ||
	{ echo "fresh: the first block of shell in README.md has no make command" >&2; exit 1; }
echo "$commands" | while read -r command; do
	echo "fresh: $command"
	start=$(date +%s)
	$command </dev/null
	echo "fresh: $command: $(($(date +%s) - start)) s"
done
