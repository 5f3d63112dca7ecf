#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The tour and the README's first pipeline, typed, and that pages point to what is there.
. "$(dirname "$0")/tap.sh"
. "$here/tests/typed.sh"
ASSAY=$here
export ASSAY
unset ASSAY_BANK
typed "$here/doc/tour.md" 'ASSAY_BANK|id'
[ "$(ls "$tmp/blocks" | wc -l)" -gt 15 ]
is $? "there were blocks"
# The README: its first pipeline, with fewer takes, and what it points to.
if [ -r /usr/share/sonic-pi/samples/bd_haus.flac ]; then
	mkdir "$tmp/readme" && cd "$tmp/readme" || exit 1
	cp /usr/share/sonic-pi/samples/bd_haus.flac my-kick.wav
	awk '/^```/ && on { exit } on; /^```sh$/ { on = 1 }' "$here/README.md" | sed 's/--budget 1000/--budget 60/' >"$tmp/run"
	ASSAY_BANK=bank.db timeout 100 sh -e "$tmp/run" >"$tmp/out" 2>"$tmp/err" </dev/null
	is $? "the README's first pipeline"
	same "sixty takes are in the bank" "$(assay bank find --bank bank.db --limit 0 --json | wc -l)" 60
fi
cd "$here" || exit 1
for page in README.md doc/*.md; do
	grep -oE '\]\([^):]+\)' "$here/$page" | sed 's/^](//; s/[#)].*//' | while read -r to; do
		[ -e "$here/$(dirname "$page")/$to" ] || echo "$page: $to"
	done
done >"$tmp/err"
[ ! -s "$tmp/err" ]
is $? "pages point to what is there"
finish
