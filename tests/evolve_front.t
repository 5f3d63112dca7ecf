#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Two likenesses to one sound traded off one against another: what comes out is their front, after a resume too.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
sound=/usr/share/sonic-pi/samples/elec_pop.flac
if [ ! -r "$sound" ]; then
	skip "a front over sound" "sonic-pi's samples are not installed"
	finish
fi

# search NAME OPTIONS...: NAME.front is the front, NAME.heard all that was heard
search() {
	name=$1
	shift
	rm -f "$name.loop"
	mkfifo "$name.loop"
	assay evolve -q --patch pluck --run front --objectives timbre,envelope --front "$name.front" "$@" <"$name.loop" 2>"$name.err" |
		assay render -q | assay score -q --like "$sound" --weigh timbre=1,envelope=1 --drop-audio | tee "$name.heard" >"$name.loop"
}
# one line a take: number timbre envelope
numbers() {
	assay json <"$1" | jq -r '(.scores | map({key: .term, value: .value}) | from_entries) as $s | "\(.origin.index) \($s.timbre) \($s.envelope)"' |
		sort -n
}
# undominated: of lines "number a b" those that no other is as good as in both and better than in one, of equals the first
undominated() {
	awk '{ n[NR] = $1; a[NR] = $2; b[NR] = $3 }
		END {
			for (i = 1; i <= NR; i++) {
				beaten = 0
				for (j = 1; j <= NR; j++)
					if (i != j && a[j] >= a[i] && b[j] >= b[i] && (a[j] > a[i] || b[j] > b[i] || j < i))
						beaten = 1
				if (!beaten)
					print n[i], a[i], b[i]
			}
		}'
}

search whole --budget 96 --algo nsga --set population=16
numbers whole.front >front
n=$(wc -l <front)
[ "$n" -ge 2 ]
is $? "96 takes leave a front of $n"
same "it is what is not dominated of all that was heard" "$(cat front)" "$(numbers whole.heard | undominated)"
same "with the ids of the takes that were heard" "$(assay json <whole.front | jq -r .id | sort)" \
	"$(assay json <whole.heard | jq -r --argjson n "$(cut -d ' ' -f 1 front | jq -s .)" \
		'select((.origin.index | tonumber) as $i | any($n[]; . == $i)) | .id' | sort)"

search part --budget 40 --algo nsga --set population=16 --state part.state
numbers part.front >first
search part --budget 96 --algo nsga --set population=16 --state part.state
cmp -s whole.front part.front && [ -s first ] && ! cmp -s first front
is $? "a run that was ended at 40 and went on leaves the same bytes"

assay evolve -q --patch pluck --front x.takes </dev/null >/dev/null 2>err
same "a front of nothing is refused: $(head -n 1 err)" $? 2
finish
