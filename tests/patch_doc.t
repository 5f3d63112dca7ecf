#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every example of doc/patch-language.md reads and renders.
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
awk -v dir="$tmp" '/^```lua$/ { file = sprintf("%s/%02d.lua", dir, ++n); next } /^```$/ { file = "" } file { print >file }' \
	doc/patch-language.md
n=0
for f in "$tmp"/*.lua; do
	n=$((n + 1))
	if assay patch "$f" >"$tmp/take" 2>"$tmp/err" && assay render <"$tmp/take" 2>>"$tmp/err" |
		assay json | jq -e '.audio.frames > 1000 and (.error // "") == ""' >/dev/null; then
		echo "ok $n - example $n: $(head -n 1 "$f")"
	else
		echo "not ok $n - example $n"
		sed 's/^/# /' "$tmp/err" "$f"
	fi
done
n=$((n + 1))
[ $n -ge 6 ] && echo "ok $n - there were examples" || echo "not ok $n - there were examples"
echo "1..$n"
