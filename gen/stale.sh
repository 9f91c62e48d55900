#!/bin/sh
# Runs go generate and fails if that changes the generated code, which means that the
# committed code does not match openapi.yaml and the pinned generator. The regenerated
# files are kept.
set -eu
sums() { cksum gen/tapkey/*.gen.go internal/tapkeyserver/*.gen.go; }
before=$(sums)
go generate ./...
after=$(sums)
if [ "$before" != "$after" ]; then
	echo "generated code was stale and has been regenerated: commit the changes" >&2
	exit 1
fi
