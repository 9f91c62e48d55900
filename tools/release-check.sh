#!/bin/sh
# Whether the commit that is checked out can be tagged as a release: release-check.sh
# vX.Y.Z [CHECK...]. One line for each check, or for those named; what failed is shown
# below its line, and the exit status is 1. A check that had nothing to look at says
# "not run" and why.
#
# Where the version is not published, a proxy on disk offers what the tags would: what git
# has committed, and nothing else.
set -u
cd "$(dirname "$0")/.." || exit 1
version=${1:-}
[ -n "$version" ] || { echo 'which version? for example v0.2.0' >&2; exit 2; }
shift
only=" $* "
go=${GO:-go}
module=$($go list -m)
nested=$(git ls-files '*/go.mod' | sed 's,/go.mod$,,')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
ran=0

# check NAME COMMAND... prints the last line of what the command says.
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
		echo "\"$version\" is no version such as v0.2.0; from v2 on the module path has to change"
		return 1
	}
	for tag in "$version" "contract/$version"; do
		at=$(git rev-parse --quiet --verify "refs/tags/$tag^{commit}") || continue
		[ "$at" = "$(git rev-parse HEAD)" ] || { echo "$tag is another commit"; return 1; }
	done
	echo "$version can be the tag"
}

is_committed() {
	[ -z "$(git status --porcelain)" ] || { git status --short; return 1; }
	echo "$(git rev-parse --short HEAD), nothing besides"
}

has_notes() {
	sh tools/release-notes.sh "$version" >"$work/notes" || return 1
	odd=$(grep '^### ' CHANGELOG.md | grep -Ev '^### (Added|Changed|Deprecated|Removed|Fixed|Security)$') &&
		{ echo "CHANGELOG.md has another heading: $odd"; return 1; }
	echo "$(grep -c '^- ' "$work/notes") entries"
}

is_tidy() {
	for dir in . $nested; do
		(cd "$dir" && $go mod tidy -diff) || return 1
	done
	echo "$(echo . $nested | wc -w) modules"
}

# contract runs the program of that name.
contract() {
	[ -x "$work/contract" ] || $go build -C contract -o "$work/contract" ./cmd/contract || return 3
	"$work/contract" "$@"
}

agrees() {
	contract "$1" >"$work/agrees" || { cat "$work/agrees"; return 1; }
	sed "s/^$1: //" "$work/agrees"
}

# snapshot_is_this: the last commit before the tag has kept the release in
# contract/released, and the module contract requires it.
snapshot_is_this() {
	contract breaking >"$work/breaking" || { cat "$work/breaking"; return 1; }
	grep -q "no change since $version;" "$work/breaking" && cmp -s openapi.yaml contract/released/openapi.yaml ||
		{ echo "contract/released is not $version as it is here: run bin/contract release $version"; return 1; }
	grep -q "$module $version\$" contract/go.mod ||
		{ echo "contract/go.mod does not require $module $version"; return 1; }
	echo "contract/released and contract/go.mod are about $version"
}

# deserves_version: the version is at least what the changes since the last tag ask for.
deserves_version() {
	last=$(git tag --list 'v[0-9]*' --merged HEAD --sort=-version:refname | grep -vx "$version" | head -n 1)
	[ -n "$last" ] || { echo "not run: there is no earlier tag"; return 0; }
	contract breaking --base "$last" >"$work/breaking"
	[ $? -le 1 ] || { cat "$work/breaking"; return 1; }
	asked=$(sed -n 's/^breaking: .* \(make it\|next version is\) \(v[0-9.]*\).*/\2/p' "$work/breaking")
	[ -n "$asked" ] && [ "$(printf '%s\n' "$asked" "$version" | sort -V | tail -n 1)" = "$version" ] ||
		{ cat "$work/breaking"; return 1; }
	echo "since $last, $asked would do"
}

examples_run() {
	$go vet -C examples ./... && $go test -C examples ./... >"$work/examples" || { cat "$work/examples"; return 1; }
	echo "$(grep -c '^ok' "$work/examples") run"
}

documents_are_true() {
	$go test . ./client ./cmd/tapkey ./doctor -run 'Docs|Document|Links|Pictures|Readme|Snippets|Translations' || return 1
	contract operations || return 1
	contract selftest >"$work/selftest" || { cat "$work/selftest"; return 1; }
	echo "current"
}

# offer puts a module on the disk's proxy, but for what is no part of it: offer DIR
# EXCLUDED... where DIR is empty or ends in a slash.
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

# is_published asks the module proxy only if both tags are there: it would remember for a
# while that one is not.
is_published() {
	git show-ref --quiet --verify "refs/tags/$version" &&
		git show-ref --quiet --verify "refs/tags/contract/$version" &&
		(cd "$work" && GOWORK=off $go list -m "$module@$version") >/dev/null 2>&1
}

# readme_program is the first program in the README.
readme_program() {
	awk '/^```go$/ { getline; on = $0 == "package main" } /^```$/ && on { exit } on' README.md
}

# use_from is a program in a module of its own, without a replace: use_from PACKAGE, with
# its source on stdin.
use_from() {
	mkdir "$work/use" && cat >"$work/use/main.go" && cd "$work/use" &&
		$go mod init example.com/use && $go get "$1@$version" && $go mod tidy && $go vet . || return 1
	rm -r "$work/use"
}

consumer_builds() {
	origin=published
	if ! is_published; then
		origin="as if published: $version is not"
		offer '' $(printf ':(exclude)%s ' $nested) && offer contract/ || return 1
		# What is downloaded already need not be so again, and nothing made up stays.
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
	cd "$work" && $go install "$module/cmd/tapkey@$version" || return 1
	"$work/bin/tapkey" --version | grep -qF "$version" || { echo "tapkey --version is not $version"; return 1; }
	"$work/bin/tapkey" owners list --sandbox || return 1
	echo "client, contract and go install, $origin"
}

check version is_version
check commit is_committed
check changelog has_notes
check tidy is_tidy
check lint agrees lint
check drift agrees drift
check snapshot snapshot_is_this
check breaking deserves_version
check examples examples_run
check documents documents_are_true
check consumer consumer_builds
[ $ran -gt 0 ] || { echo "there is no check$only" >&2; exit 2; }
exit $failed
