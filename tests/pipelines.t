#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The pipelines on real loops with tiny budgets: what they leave, that it comes
# back to the bit, that a killed run ends as if nothing had been, and bad input.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
unset ASSAY_BANK
samples=/usr/share/sonic-pi/samples
if [ ! -r $samples/loop_amen.flac ]; then
	skip "pipelines" "no loops: apt-get install sonic-pi-samples"
	finish
fi
small="--budget 16 --whole 8 --kinds 2"

# there NAME FILE...: files that are there and not empty
there() {
	what=$1
	shift
	for f; do
		[ -s "$f" ] || echo "no $f"
	done >err
	[ ! -s err ]
	is $? "$what"
}
# quiet_in NAME FILE: nobody complained
quiet_in() {
	[ ! -s "$2" ]
	is $? "$1"
	[ ! -s "$2" ] || head -n 5 "$2" | sed 's/^/# /'
}
# wav_id FILE: the id that a sound file says it is
wav_id() {
	strings -n 20 "$1" | grep -oE 'id=[0-9a-f]{64}' | head -n 1 | cut -c4-
}
# ends FOLDER NAME: the takes and the sound that a run ended with
ends() {
	for f in "$1/$2"-again.takes "$1"/runs/kind-*.takes; do
		assay json "$f" | jq -c '[.id, .fitness]'
	done
	sha256sum <"$1/$2-again.wav"
}

# --- match: what it leaves -----------------------------------------------------------------
assay match $small --instruments "hit kick" $samples/loop_amen.flac >said 2>err
is $? "match loop_amen"
quiet_in "without a complaint" err
m=match-loop_amen
there "the loop again, chance, the bank" $m/loop_amen-again.wav $m/loop_amen-again.takes $m/loop_amen-random.wav $m/bank.db
for measure in MSS SOT RMS; do
	same "$measure of both searches" "$(grep -cE "^$measure +[0-9.]+" said)" 2
done
export ASSAY_BANK="$tmp/$m/bank.db"
id=$(assay json $m/loop_amen-again.takes | jq -r .id)
same "the sound says which take it is" "$(wav_id $m/loop_amen-again.wav)" "$id"
pass "the bank proves it" assay bank verify "$id"
assay bank recall "$id" | assay render -q --wav recalled.wav
cmp -s recalled.wav $m/loop_amen-again.wav
is $? "recalled and rendered: the same bytes as the file"
assay likeness $samples/loop_amen.flac $m/loop_amen-again.wav >likeness
same "and the same distance" "$(cat likeness)" "$(sed -n '/^cmaes/,/^random/p' said | grep '   ')"
# two kinds of 16 takes, the kit with 8, chance with as many, two kits, the loop; fewer
# if a search proposes one take twice
takes=$(assay bank sql --json "SELECT count(*) AS n FROM takes" | jq '.n | tonumber')
[ "$takes" -ge 70 ] && [ "$takes" -le 83 ]
is $? "every take is in the bank: $takes"
assay bank verify --all -q >/dev/null 2>err
is $? "and every one of them comes back"
same "the run with its command line" "$(assay bank sql --json "SELECT command FROM runs WHERE run = 'loop_amen'" | jq -r .command)" \
	"assay match $small --instruments 'hit kick' $samples/loop_amen.flac"
unset ASSAY_BANK

# --- again, and killed ------------------------------------------------------------------------
ends $m loop_amen >ends
assay match $small --instruments "hit kick" $samples/loop_amen.flac >said2 2>err
is $? "the same command again"
same "ends the same" "$(ends $m loop_amen)" "$(cat ends)"
same "and says the same, whichever kind is found first" "$(sort said2)" "$(sort said)"
# Killed as soon as a search has saved its state, and again when the kit is at work.
n=0
for file in runs/0-hit.state runs/whole.state; do
	setsid assay match $small --baseline none --instruments "hit kick" --out killed $samples/loop_amen.flac >/dev/null 2>&1 &
	group=$!
	until [ -s killed/$file ] || ! kill -0 $group 2>/dev/null; do
		read -r _ </proc/uptime
	done
	kill -9 -$group 2>/dev/null && n=$((n + 1))
	wait $group 2>/dev/null
done
same "killed twice on its way" $n 2
[ ! -e killed/loop_amen-again.wav ]
is $? "before it had ended"
assay match $small --baseline none --instruments "hit kick" --out killed $samples/loop_amen.flac >/dev/null 2>err
is $? "the same command goes on"
quiet_in "without a complaint" err
same "and ends as if nothing had been" "$(ends killed loop_amen)" "$(cat ends)"
ASSAY_BANK=killed/bank.db assay bank verify -q --all >/dev/null 2>err
is $? "with a bank in which every take comes back"

# --- on a cluster ----------------------------------------------------------------------------
assay queue -q "ipc://$tmp/q/queue" &
queue=$!
assay work -q "ipc://$tmp/q/queue" -- render &
worker=$!
assay match $small --baseline none --instruments "hit kick" --out far --farm "ipc://$tmp/q/queue" $samples/loop_amen.flac >/dev/null 2>err
is $? "match with workers that render"
quiet_in "without a complaint" err
same "ends as it does here" "$(ends far loop_amen)" "$(cat ends)"
same "and they did render" "$(assay top --once --json "ipc://$tmp/q/queue" | jq '.services[0].done | tonumber >= 30')" true
kill $worker $queue

# --- another loop, an awkward name --------------------------------------------------------------
odd="it's 1 \$loop"
mkdir "a folder" && cp $samples/loop_mika.flac "a folder/$odd.flac"
(cd "a folder" && assay match $small --instruments hit --baseline none "$odd.flac") >said 2>err
is $? "match a loop with spaces, a quote and a dollar in its name"
quiet_in "without a complaint" err
there "what it leaves" "a folder/match-$odd/$odd-again.wav" "a folder/match-$odd/bank.db"

# --- explore ----------------------------------------------------------------------------------------
# a library of three short patches, which is what stands for good where nothing is said
mkdir lib && cp -r "$here/patches/techniques" "$here/patches/pluck.lua" "$here/patches/hit.lua" "$here/patches/kick.lua" lib
ASSAY_PATCHES="$tmp/lib"
export ASSAY_PATCHES
# found FOLDER: what a run ended with
found() {
	cat "$1/explored.txt"
	cat "$1/elites.takes" "$1/best.takes" "$1/tour.takes" | assay json | jq -c '[.id, .key, .fitness]'
	cksum <"$1/tour.wav"
}
assay explore --budget 40 --share 8 --keep 3 >said 2>err
is $? "explore the whole library"
quiet_in "without a complaint" err
e=explore-library
there "what it leaves" $e/best.takes $e/map.png $e/library-1.wav $e/library-3.wav $e/elites.takes $e/archive.png $e/tour.wav $e/tour.txt
same "terms without a golden set" "$(assay json $e/best.takes | jq -c '[.scores[].term] | sort' | sort -u)" '["belong","valid"]'
same "takes in the bank" "$(ASSAY_BANK=$e/bank.db assay bank find --run explore/% --limit 0 --json | wc -l)" 40
same "each patch had its share, and the rest went by what they brought" \
	"$(sed 1d $e/explored.txt | awk '{ n += $1; least = NR == 1 || $1 < least ? $1 : least } END { print NR, n, (least >= 8) }')" "3 40 1"
same "one archive of all: its score is the sum of its elites" "$(assay json $e/elites.takes | jq -s 'map(.fitness) | add * 1000 | round')" \
	"$(sed -n '1s/.* //p' $e/explored.txt | jq '. * 1000 | round')"
same "no cell twice" "$(assay best -q --cells brightness/12,punch/12,noisiness/5 <$e/elites.takes | assay json | wc -l)" "$(assay json $e/elites.takes | wc -l)"
setsid assay explore --budget 40 --share 8 --keep 3 --out gone >/dev/null 2>&1 &
group=$!
until [ -s gone/heard/000003.[1-9].takes ] || ! kill -0 $group 2>/dev/null; do
	read -r _ </proc/uptime
done
kill -9 -$group
is $? "killed on its way"
wait $group 2>/dev/null
assay explore --budget 24 --share 8 --keep 3 --out gone >/dev/null 2>err || cat err
assay explore --budget 40 --share 8 --keep 3 --out gone >/dev/null 2>err
is $? "the same command goes on, and a larger budget"
found $e >ends
found gone | cmp -s - ends
is $? "and ends as if nothing had been"
refuses_other() {
	assay explore --out $e --budget 48 "$@" >/dev/null 2>err
	[ $? = 1 ] && grep -q "with other patches" err
}
refuses_other pluck hit
is $? "but not with other patches in the same folder"
assay explore --budget 32 --measures pc1/6,pc2/6 --weigh valid=1 --out axes hit >/dev/null 2>err
is $? "explore along axes that are learned"
same "from takes by chance" "$(assay json axes/axes.takes | wc -l)" 256
[ "$(sed -n '1s/^2 32 \([0-9]*\) .*/\1/p' axes/explored.txt)" -gt 4 ]
is $? "finds several kinds: $(head -n 1 axes/explored.txt)"
mkdir golden && cp $samples/elec_pop.flac $samples/elec_tick.flac golden
assay explore --golden golden --budget 48 --keep 2 --tour 5 --weigh novel=1,like=1 --algo cmaes --out "around it" "$m/loop_amen-again.takes" hit >said 2>err
is $? "explore takes and a patch, for novelty, with a golden folder"
there "what it leaves" "around it/best.takes" "around it/map.png" "around it/archive.png"
same "terms with a golden set" "$(assay json "around it/best.takes" | jq -c '[.scores[].term] | sort' | sort -u)" '["like","novel"]'
same "no more takes on the tour than asked for" "$(awk -F '\t' 'NR > 1 && $1 >= last {last = $1; n++} END {print n}' "around it/tour.txt")" 5
same "elites of both in one archive" "$(assay json "around it/elites.takes" | jq -r .origin.run | sort -u | tr '\n' ' ')" 'explore/hit explore/loop_amen-again '
assay evolve --patch hit --algo novelty --measures brightness --others $e/elites.takes --budget 1 </dev/null >/dev/null 2>err
grep -q "the loop ended" err
is $? "novelty hears of others"
unset ASSAY_PATCHES

# --- what is wrong is said ------------------------------------------------------------------------------
# refuses STATUS WORDS NAME COMMAND...
refuses() {
	want=$1
	words=$2
	name=$3
	shift 3
	"$@" >out 2>err </dev/null
	got=$?
	[ $got -eq "$want" ] && grep -qF -- "$words" err
	is $? "$name"
}
for p in match explore grow demo; do
	assay $p --help >help 2>err && [ ! -s err ] && grep -q "^example: assay $p" help
	is $? "$p --help: an example"
	same "$p --help: all settings" "$(grep -oE '^  --[a-z-]+' help | tr -d ' -' | sort)" \
		"$(sed -n '/^# settings/,/^# end/s/^\([a-z_]*\)=.*/\1/p' "$here/pipelines/$p" | tr -d _ | sort)"
	mandoc -T ascii -O width=500 "$here/pipelines/$p.1" | col -b | tr -s ' \n' '  ' >page
	sed -n '/^# settings/,/^# end/s/^\([a-z_]*\)=\("[^"]*"\|[^ ]*\).*/\1 \2/p' "$here/pipelines/$p" | tr -d '"' |
		while read -r setting default; do
			grep -qF -- "--$(echo "$setting" | tr _ -) " page || echo "--$setting"
			[ -z "$default" ] || grep -qF -- "[$default]" page || echo "--$setting [$default]"
		done >err
	[ ! -s err ]
	is $? "$p.1 has them with their defaults"
	refuses 2 "no setting '--nothing'" "$p: no such setting" assay $p --nothing 1 x
	refuses 2 "no setting" "$p: a pattern is no setting" assay $p --b.dget 1 x
	refuses 2 "needs a value" "$p: a setting without a value" assay $p --budget
	refuses 2 "whole number" "$p: a budget that is no number" assay $p --budget many x
done
refuses 2 "one loop" "match: no loop" assay match
refuses 2 "one loop" "match: two loops" assay match a b
refuses 1 "cannot read 'nowhere.wav'" "match: no such file" assay match nowhere.wav
refuses 1 "cannot read" "match: a folder" assay match golden
echo "no sound" >text.wav
refuses 1 "not a sound file" "match: a file that is no sound" assay match text.wav
refuses 1 "text.wav" "match: an empty file" sh -c ': >text.wav; assay match text.wav'
refuses 1 "cannot make the folder" "match: a folder that cannot be made" assay match --out text.wav/x $samples/loop_amen.flac
refuses 1 "there is no patch 'nothing'" "match: no such instrument" assay match $small --instruments nothing $samples/loop_amen.flac
refuses 1 "too small" "match: a budget for no instrument" assay match --budget 1 $samples/loop_amen.flac
refuses 1 "there are no patches" "explore: no library" env ASSAY_PATCHES=golden assay explore
refuses 1 "nothing to hear" "explore: a budget of nothing" assay explore --budget 0 pluck
refuses 1 "takes no notice" "evolve: others for who does not mind them" assay evolve --patch pluck --algo mapelites --measures punch --others "$m/loop_amen-again.takes"
refuses 2 "two patches are called 'pluck'" "explore: the same patch twice" assay explore pluck my/pluck.lua
refuses 1 "there is no patch 'nothing'" "explore: no such patch" assay explore --golden golden nothing
refuses 1 "cannot make the folder" "explore: a folder that cannot be made" assay explore --out text.wav/x pluck
finish
