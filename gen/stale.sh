#!/bin/sh
# Runs go generate and fails if it changes the generated code, which then does not match
# openapi.yaml and the pinned generator. The regenerated files are kept.
set -eu
sums() { cksum gen/tapkey/*.gen.go internal/tapkeyserver/*.gen.go; }
before=$(sums)
go generate ./...
after=$(sums)
if [ "$before" != "$after" ]; then
	echo "the generated code was stale: it has been regenerated, commit the changes" >&2
	exit 1
fi
