#!/bin/sh
# snapshot.sh builds the archives of a release to dist, as the workflow release.yml does, but
# does not sign or publish them: snapshot.sh [--release]. With --release, HEAD must have the tag
# of a version.
set -eu
cd "$(dirname "$0")/.."
go=${GO:-go}
mode=--snapshot
[ "${1:-}" != --release ] || mode=--skip=publish,announce
tools=${RELEASE_TOOLS:-$PWD/bin/release}
mkdir -p "$tools"
for tool in github.com/goreleaser/goreleaser/v2 github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod; do
	name=${tool##*/}
	[ "$name" != v2 ] || name=goreleaser
	$go build -C tools/release -o "$tools/$name" "$tool"
done
PATH=$tools:$PATH goreleaser release --clean $mode
sh tools/formula.sh
