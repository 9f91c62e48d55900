#!/bin/sh
# Checks that the current commit can be tagged as a release: release-check.sh vX.Y.Z
# [CHECK...]. It runs the named checks, or all of them, and prints one line for each. The
# output of a failed check follows its line, and the exit status is 1. A check without
# input prints "not run" and the reason.
#
# If the version is not published, the script serves the modules from a module proxy on
# disk, as the tags would define them: committed files only.
set -u
cd "$(dirname "$0")/.." || exit 1
version=${1:-}
[ -n "$version" ] || { echo 'usage: release-check.sh vX.Y.Z [CHECK...]' >&2; exit 2; }
shift
only=" $* "
go=${GO:-go}
module=$($go list -m)
nested=$(git ls-files '*/go.mod' | sed 's,/go.mod$,,')
# The modules that have tags: those that others import. The rest is for this repository.
tagged=$(for dir in $nested; do case $dir in bench | examples | examples/* | interop | tools | tools/*) ;; *) echo "$dir" ;; esac; done)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
ran=0

# check NAME COMMAND... runs the command and prints the last line of its output.
check() {
	name=$1
	shift
	[ "$only" = '  ' ] || case $only in *" $name "*) ;; *) return ;; esac
	ran=$((ran + 1))
	if ("$@") >"$work/log" 2>&1; then
		echo "$name: $(tail -n 1 "$work/log")"
	else
		failed=1
		echo "$name: FAILED"
		sed 's/^/  /' "$work/log"
	fi
}

is_version() {
	echo "$version" | grep -Eq '^v(0|1)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$' || {
		echo "invalid version \"$version\", want one such as v0.2.0; from v2 on the module path has to change"
		return 1
	}
	for tag in $(git tag --list "$version" "*/$version"); do
		at=$(git rev-parse --verify "refs/tags/$tag^{commit}")
		[ "$at" = "$(git rev-parse HEAD)" ] || { echo "$tag is another commit"; return 1; }
	done
	echo "$version can be the tag"
}

is_committed() {
	[ -z "$(git status --porcelain)" ] || { git status --short; return 1; }
	echo "$(git rev-parse --short HEAD), no other changes"
}

has_notes() {
	sh tools/release-notes.sh "$version" >"$work/notes" || return 1
	odd=$(grep '^### ' CHANGELOG.md | grep -Ev '^### (Added|Changed|Deprecated|Removed|Fixed|Security)$') &&
		{ echo "CHANGELOG.md has an unknown heading: $odd"; return 1; }
	echo "$(grep -c '^- ' "$work/notes") entries"
}

is_tidy() {
	# The graph of goreleaser has modules that nothing imports and a proxy may not have.
	dirs=". $(echo "$nested" | grep -vx tools/release)"
	for dir in $dirs; do
		(cd "$dir" && $go mod tidy -diff) || return 1
	done
	echo "$(echo $dirs | wc -w) modules"
}

# contract ARGUMENT... runs the contract command.
contract() {
	[ -x "$work/contract" ] || $go build -C contract -o "$work/contract" ./cmd/contract || return 3
	"$work/contract" "$@"
}

agrees() {
	contract "$1" >"$work/agrees" || { cat "$work/agrees"; return 1; }
	sed "s/^$1: //" "$work/agrees"
}

# released_is_current checks that contract/released is this source tree as this version,
# and that the modules with tags require the version.
released_is_current() {
	contract breaking >"$work/breaking" || { cat "$work/breaking"; return 1; }
	grep -q "no change since $version;" "$work/breaking" && cmp -s openapi.yaml contract/released/openapi.yaml ||
		{ echo "contract/released is not this source tree as $version: run bin/contract release $version"; return 1; }
	for dir in $tagged; do
		grep -q "$module $version\$" "$dir/go.mod" ||
			{ echo "$dir/go.mod does not require $module $version"; return 1; }
	done
	echo "contract/released and the go.mod of$(printf ' %s' $tagged) have $version"
}

# version_is_enough checks that the version is at least the one that the changes since the
# last tag require.
version_is_enough() {
	last=$(git tag --list 'v[0-9]*' --merged HEAD --sort=-version:refname | grep -vx "$version" | head -n 1)
	[ -n "$last" ] || { echo "not run: there is no earlier tag"; return 0; }
	contract breaking --base "$last" >"$work/breaking"
	[ $? -le 1 ] || { cat "$work/breaking"; return 1; }
	required=$(sed -n 's/^breaking: .* next version is \(v[0-9.]*\).*/\1/p' "$work/breaking")
	[ -n "$required" ] && [ "$(printf '%s\n' "$required" "$version" | sort -V | tail -n 1)" = "$version" ] ||
		{ cat "$work/breaking"; return 1; }
	echo "the changes since $last require at least $required"
}

examples_run() {
	for dir in $(git ls-files '*/go.mod' | sed -n 's,/go.mod$,,; /^examples/p'); do
		$go vet -C "$dir" ./... && $go test -C "$dir" ./... >>"$work/examples" || { cat "$work/examples"; return 1; }
	done
	echo "$(grep -c '^ok' "$work/examples") passed"
}

# tests_pass tests the nested modules that programs import or run, and interop.
tests_pass() {
	for dir in $tagged interop; do
		$go vet -C "$dir" ./... && $go test -C "$dir" ./... >>"$work/tests" || { cat "$work/tests"; return 1; }
	done
	echo "$(echo $tagged interop)"
}

# builds_are_the_same builds the archives and the image in two clean clones, in different
# directories, and compares them.
builds_are_the_same() {
	RELEASE_TOOLS=$work/tools
	export RELEASE_TOOLS
	for name in first second; do
		git clone --quiet . "$work/$name" || return 1
		(cd "$work/$name" && sh tools/snapshot.sh && sh tools/image.sh "$version" && [ -z "$(git status --porcelain)" ]) || return 1
		(cd "$work/$name/dist" && find tapkey_* checksums.txt tapkey.rb image -type f -exec sha256sum {} + | sort) >"$work/$name.sums" || return 1
	done
	diff "$work/first.sums" "$work/second.sums" || return 1
	for binary in "$work"/first/dist/tapkey_*/tapkey* "$work"/first/bin/tapkey-linux-*; do
		$go version -m "$binary" >"$work/built" && grep -q "vcs.revision=$(git rev-parse HEAD)" "$work/built" && grep -q vcs.modified=false "$work/built" ||
			{ echo "$binary is not of this commit"; cat "$work/built"; return 1; }
	done
	archives=$(grep -c 'tapkey_[^/]*\.\(tar\.gz\|zip\)$' "$work/first.sums")
	[ "$archives" -eq 6 ] || { echo "$archives archives, want 6"; return 1; }
	echo "$archives archives and $(wc -l <"$work/first.sums") files in all, the same in two clones"
}

documents_are_true() {
	$go test . ./client ./cmd/tapkey ./doctor -run 'Docs|Document|Links|Pictures|Readme|Snippets|Translations' || return 1
	contract operations || return 1
	contract selftest >"$work/selftest" || { cat "$work/selftest"; return 1; }
	echo "current"
}

# offer DIR EXCLUDED... adds the module in DIR to the proxy on disk, without the excluded
# paths. DIR is empty or ends in a slash.
offer() {
	dir=$1
	shift
	path=$module${dir:+/${dir%/}}
	at=$work/proxy/$path/@v
	mkdir -p "$at" && echo "$version" >"$at/list" &&
		echo "{\"Version\":\"$version\"}" >"$at/$version.info" &&
		git show "HEAD:${dir}go.mod" >"$at/$version.mod" &&
		git archive --format=zip --prefix="$path@$version/" -o "$at/$version.zip" "HEAD:$dir" -- . "$@"
}

# is_published reports whether the version can be downloaded. It queries the module proxy
# only if all tags exist, because the proxy caches that a version is missing.
is_published() {
	git show-ref --quiet --verify "refs/tags/$version" &&
		(for dir in $tagged; do git show-ref --quiet --verify "refs/tags/$dir/$version" || exit 1; done) &&
		(cd "$work" && GOWORK=off $go list -m "$module@$version") >/dev/null 2>&1
}

# readme_program prints the first program in the README.
readme_program() {
	awk '/^```go$/ { getline; on = $0 == "package main" } /^```$/ && on { exit } on' README.md
}

# use_from PACKAGE vets a program, read from standard input, that imports PACKAGE in a
# separate module without replace directives.
use_from() {
	mkdir "$work/use" && cat >"$work/use/main.go" && cd "$work/use" &&
		$go mod init example.com/use && $go get "$1@$version" && $go mod tidy && $go vet . || return 1
	rm -r "$work/use"
}

consumer_builds() {
	origin=published
	if ! is_published; then
		origin="as if published: $version is not"
		offer '' $(printf ':(exclude)%s ' $nested) || return 1
		for dir in $tagged; do
			offer "$dir/" || return 1
		done
		# Downloaded modules are used again; the module cache is temporary.
		GOPROXY="file://$work/proxy,file://$($go env GOMODCACHE)/cache/download,$($go env GOPROXY)"
		GONOSUMDB="$module" GOMODCACHE=$work/modules GOFLAGS=-modcacherw
		export GOPROXY GONOSUMDB GOMODCACHE GOFLAGS
	fi
	GOWORK=off GOBIN=$work/bin
	export GOWORK GOBIN
	readme_program >"$work/readme.go"
	use_from "$module/client" <"$work/readme.go" || return 1
	use_from "$module/contract" <<'GO' || return 1
package main

import "github.com/tapkey-go/tapkey-go/contract"

func main() {
	if _, err := contract.NewTransport(); err != nil {
		panic(err)
	}
}
GO
	for dir in $tagged; do
		[ "$dir" = contract ] || use_from "$module/$dir" <<GO || return 1
package main

import _ "$module/$dir"

func main() {}
GO
	done
	cd "$work" && $go install "$module/cmd/tapkey@$version" || return 1
	"$work/bin/tapkey" --version | grep -qF "$version" || { echo "tapkey --version is not $version"; return 1; }
	"$work/bin/tapkey" owners list --sandbox || return 1
	echo "client,$(printf ' %s,' $tagged) and go install, $origin"
}

check version is_version
check commit is_committed
check changelog has_notes
check tidy is_tidy
check lint agrees lint
check drift agrees drift
check released released_is_current
check breaking version_is_enough
check examples examples_run
check tests tests_pass
check documents documents_are_true
check consumer consumer_builds
check builds builds_are_the_same
[ $ran -gt 0 ] || { echo "there is no check$only" >&2; exit 2; }
exit $failed
