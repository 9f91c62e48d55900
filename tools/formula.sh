#!/bin/sh
# formula.sh writes dist/tapkey.rb, the Homebrew formula of the archives in dist, from
# tools/homebrew/tapkey.rb and dist/checksums.txt.
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's/^[0-9a-f]*  tapkey_\(.*\)_linux_amd64\.tar\.gz$/\1/p' dist/checksums.txt)
[ -n "$version" ] || { echo 'formula: dist/checksums.txt has no archive for linux_amd64' >&2; exit 1; }
script=s/@VERSION@/$version/g
for platform in darwin_amd64 darwin_arm64 linux_amd64 linux_arm64; do
	sum=$(sed -n "s/^\([0-9a-f]\{64\}\)  tapkey_${version}_$platform\.tar\.gz\$/\1/p" dist/checksums.txt)
	[ -n "$sum" ] || { echo "formula: dist/checksums.txt has no archive for $platform" >&2; exit 1; }
	script="$script;s/@$platform@/$sum/"
done
sed "$script" tools/homebrew/tapkey.rb >dist/tapkey.rb
! grep -n '@[A-Za-z_0-9]*@' dist/tapkey.rb >&2
echo "formula: dist/tapkey.rb has version $version"
