#!/bin/sh
# Generates into the tree and fails if that changes anything: the generated code is
# then not what openapi.yaml and the pinned generator give. The tree is left as the
# generator made it.
set -eu
sums() { cksum gen/tapkey/*.gen.go internal/tapkeyserver/*.gen.go; }
before=$(sums)
go generate ./...
after=$(sums)
if [ "$before" != "$after" ]; then
	echo "the generated code was stale: commit what make generate has made" >&2
	exit 1
fi
