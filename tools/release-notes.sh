#!/bin/sh
# Prints the section of CHANGELOG.md for a version: release-notes.sh vX.Y.Z. It fails if
# the section is missing or empty.
set -eu
cd "$(dirname "$0")/.."
awk -v version="$1" '
	/^## / { on = ($2 == version || $2 == version ","); next }
	on && (text || NF) { text = text $0 "\n" }
	END { if (text == "") exit 1; printf "%s", text }
' CHANGELOG.md || { echo "CHANGELOG.md has nothing under \"## $1\"" >&2; exit 1; }
