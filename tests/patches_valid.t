#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A search begins in music: of every patch, ten takes with random settings are rendered and scored. A take is
# usable where the term `valid` gives it 0.9 or more: its peak is over -44 dBFS, no more than a thousandth of its
# samples clip, and less than a fifth of its power lies below 12 Hz. DRAWS and SEED look further.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
draws=${DRAWS:-10} seed=${SEED:-11}
for tool in render score; do
	[ -x "$build/bin/assay-$tool" ] || { skip "random settings" "assay $tool is not built"; finish; }
done

for file in "$here"/patches/*.lua; do
	assay patch -q "$file" --random "$draws" --seed "$seed" >one.takes 2>err
	is $? "$(basename "$file" .lua) reads, $draws times at random"
	cat one.takes >>all.takes
	basename "$file" .lua >>names
done
assay render -q <all.takes 2>err | assay score -q --weigh valid=1 --drop-audio 2>>err | assay json >scored.json
[ "$(wc -l <scored.json)" = "$(($(wc -l <names) * draws))" ]
is $? "all of them are rendered and scored"
# "valid" of takes in error is nothing. Takes come out in the order they went in. Why one is not valid is asked again.
bad='select((.error // "") != "" or (.scores[] | select(.term == "valid") | (.value // 0) < 0.9))'
jq -c "$bad | del(.scores, .error)" scored.json | assay json -q -d | assay render -q 2>>err |
	assay score -q --weigh valid=1 --drop-audio --explain 2>>err |
	assay json | jq -r '.error // (.scores[] | select(.term == "valid") | .why)' >why
jq -r "if [$bad] == [] then 1 else 0 end" scored.json |
	while read -r value; do
		why=
		[ "$value" = 1 ] || read -r why <&3
		echo "$value $why"
	done 3<why >values
awk -v draws="$draws" 'FNR == NR { name[FNR] = $1; n = FNR; next }
	{ at = int((FNR - 1) / draws) + 1 }
	$1 >= 0.9 { good[at]++; next }
	{ line = $0; sub(/^[^ ]* */, "", line); why[at] = why[at] "; " line }
	END { for (i = 1; i <= n; i++) printf "%s %d%s\n", name[i], 100 * good[i] / draws, why[i] }' names values >shares
sed 's/^\([^ ]*\) \([0-9]*\)/# \1: \2 % usable/' shares
while read -r name share rest; do
	[ "${share%;}" -ge 80 ]
	is $? "$name: at least eight in ten are usable"
done <shares
awk '{ sum += $2 } END { printf "# the whole library: %.1f %%\n", sum / NR; exit !(sum / NR >= 90) }' shares
is $? "nine in ten over the whole library are usable"
finish
