#!/bin/sh
# redoc.sh downloads the bundle of Redoc to sandbox/redoc, where the build tag tapkey_redoc
# embeds it. The bundle is not committed, because of its size. Without npm or a registry it
# prints "not run" and the reason; with the argument "required" that is an error.
set -eu
cd "$(dirname "$0")/.."
version=3.0.1
sum=KDfoKaYW19LCl4YStgBnwlaNjYEFfs5zCNt1s1WZ2YM5u8d26Yuzd2l43fZO851ZsgIMe/D640fDJkD8eaRQKQ==
logo='https://cdn\.redoc\.ly/redoc/logo-mini[a-z-]*\.svg' # the only thing that the page would load from another host
text="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='40' height='12'%3E%3Ctext y='10' font-family='sans-serif' font-size='11'%3ERedoc%3C/text%3E%3C/svg%3E"
bundle=sandbox/redoc/redoc.js
stamp="$version $sum $(cksum <tools/redoc.sh)"
if [ -f $bundle ] && [ "$(cat sandbox/redoc/VERSION 2>/dev/null)" = "$stamp" ]; then
	echo "redoc: $version is in sandbox/redoc"
	exit
fi

# not_run prints why the bundle is missing and ends the script.
not_run() {
	echo "redoc: not run ($1)"
	[ "${2:-}" != required ] || exit 1
	exit 0
}
command -v npm >/dev/null || not_run 'npm is not installed' "$@"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack "redoc@$version" --pack-destination "$work" --fetch-retries=1 --fetch-timeout=60000 >"$work/log" 2>&1 ||
	not_run "npm pack: $(grep -m 1 'npm error\|npm ERR!' "$work/log")" "$@"
package=$work/redoc-$version.tgz
got=$(node -p 'require("crypto").createHash("sha512").update(require("fs").readFileSync(process.argv[1])).digest("base64")' "$package")
[ "$got" = "$sum" ] || { echo "redoc: SHA-512 of redoc-$version.tgz is $got, want $sum" >&2; exit 1; }
tar -xzf "$package" -C "$work"
grep -q "$logo" "$work/package/bundles/redoc.standalone.js" || { echo "redoc: $logo is not in the bundle" >&2; exit 1; }
mkdir -p sandbox/redoc
sed "s|$logo|$text|g" "$work/package/bundles/redoc.standalone.js" >"$work/redoc.js"
mv "$work/redoc.js" $bundle
cp "$work/package/LICENSE" sandbox/redoc/LICENSE
echo "$stamp" >sandbox/redoc/VERSION
echo "redoc: $version downloaded to sandbox/redoc"
