#!/bin/sh
# image.sh writes the container image of the sandbox to dist/image: image.sh [VERSION [FLAG...]].
# It needs neither a daemon nor a base image. The documentation at /docs has Redoc if npm can
# download it. The same commit has the same image. ARCHS are the architectures.
set -eu
cd "$(dirname "$0")/.."
go=${GO:-go}
commit=$(git rev-parse HEAD)
created=$(TZ=UTC0 git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ)
version=${1:-0.0.0-$(git rev-parse --short=12 HEAD)}
[ $# -eq 0 ] || shift
sh tools/redoc.sh >&2
tags=
[ ! -f sandbox/redoc/redoc.js ] || tags=tapkey_redoc
images=
for arch in ${ARCHS:-amd64 arm64}; do
	CGO_ENABLED=0 GOOS=linux GOARCH=$arch $go build -trimpath -buildvcs=true -ldflags '-s -w' -tags "$tags" -o "bin/tapkey-linux-$arch" ./cmd/tapkey
	images="$images $arch=../bin/tapkey-linux-$arch"
done
# shellcheck disable=SC2086 # the architectures are words
$go run -C tools ./image -o ../dist/image -version "$version" -commit "$commit" -created "$created" "$@" $images
