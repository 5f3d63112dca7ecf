#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A take made by a later version passes through every stage: fields that the
# schema does not know, at the top and deep inside, come out as they went in.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
if [ ! -x "$build/bin/assay-patch" ]; then
	skip "unknown fields" "no assay patch yet"
	finish
fi
assay patch "$here/patches/pluck.lua" --beats 1 --tempo 240 | assay json | jq -c '
	."@unknown" = "fa8a3803616263f88a38ffffffffffffffffff01" |
	.phrase."@unknown" = "f8f50401" | .phrase.notes[0]."@unknown" = "fdf5040a0b0c0d" |
	.parts[0]."@unknown" = "faf50400" | .parts[0].patch."@unknown" = "f8f50402" |
	.parts[0].patch.nodes[0]."@unknown" = "f8f50403" | .parts[0].patch.nodes[1].inputs[0]."@unknown" = "f8f50404" |
	.parts[0].patch.params[0]."@unknown" = "f9f5040102030405060708" |
	.origin = {run: "r", index: 3, "@unknown": "f8f50405"} | .loop = {tempo: 3, "@unknown": "f8f50406"} |
	.tags = ["kept"]' >one.json
assay json -d one.json >one.takes
# Where each stands, and what it is.
unknown() { assay json "$1" | jq -c '[paths(scalars) as $p | select($p[-1] == "@unknown") | [($p | join(".")), getpath($p)]] | sort'; }
want=$(unknown one.takes)
same "a take with unknown fields at ten places" "$(echo "$want" | jq length)" 10

# through NAME COMMAND...: the command reads one.takes and writes takes
through() {
	name=$1
	shift
	"$@" <one.takes >out.takes 2>err
	status=$?
	got=$(unknown out.takes)
	[ $status -eq 0 ] && [ "$got" = "$want" ] && [ "$(assay json out.takes | jq -c '[.tags, .origin.run, .loop.tempo]')" = '[["kept"],"r",3]' ]
	is $? "$name carries them through"
	[ "$got" = "$want" ] || echo "# got $got"
}

through "json and back" sh -c 'assay json --data | assay json -d'
for p in "$build"/bin/assay-*; do
	tool=${p##*/assay-}
	head -c 2 "$p" | grep -q '#!' && continue
	"$p" --options </dev/null 2>/dev/null | cut -f1 | grep -cxE -- '--in|--out' | grep -qx 2 || continue
	case $tool in
	json) ;; # above
	patch | play) ;; # a source and a sink: what they write is no take that they read
	evolve | mutate) ;; # write new takes: other settings, other patches
	render) through render "$p" ;;
	features) through "render and features" sh -c 'assay render | assay features --all' ;;
	score) through "features and score" sh -c 'assay render | assay features | assay score --weigh valid=1' ;;
	best) through "best" "$p" ;;
	tour) through "features and tour" sh -c 'assay render | assay features | assay tour' ;;
	farm)
		assay queue -q "ipc://$tmp/queue" &
		queue=$!
		assay work -q --jobs 1 "ipc://$tmp/queue" -- cat &
		worker=$!
		through "farm, queue and work" "$p" -q "ipc://$tmp/queue"
		kill $worker $queue
		;;
	bank) through "bank add --pass" "$p" add --pass ;;
	*) through "$tool" "$p" ;;
	esac
done
if [ -x "$build/bin/assay-render" ]; then
	through "render in twice the work" sh -c 'assay render | assay render --threads 2'
fi
through "an endpoint" sh -c "
	assay json --data -i ipc://$tmp/end >through.json &
	assay json --data | assay json -d -o ipc://$tmp/end
	wait
	assay json -d through.json"
if [ -x "$build/bin/assay-bank" ] && [ -x "$build/bin/assay-render" ]; then
	id=$(assay json one.takes | jq -r .id)
	assay render <one.takes | assay bank add >/dev/null 2>err
	assay bank recall "$id" >out.takes 2>>err
	same "the bank keeps them in the recipe" "$(unknown out.takes | jq -c '[.[] | select(.[0] | startswith("p"))]')" \
		"$(echo "$want" | jq -c '[.[] | select(.[0] | startswith("p"))]')"
fi
finish
