#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Structures that evolve: children of takes, and the pipeline that grows a patch for a sound.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
unset ASSAY_BANK

# --- mutate ---------------------------------------------------------------------------------
assay patch pluck >pluck.takes
assay mutate -q -n 6 --seed 3 <pluck.takes >six.takes
is $? "six children"
assay json six.takes >six.json
same "of six structures" "$(jq -r .key six.json | sort -u | wc -l)" 6
same "none is the parent's" "$(assay mutate -q --name <pluck.takes | assay json | jq -r .key | grep -cxFf - six.json)" 0
same "their parent is the pluck" "$(jq -r '.origin.parents[0]' six.json | sort -u)" "$(assay json pluck.takes | jq -r .id)"
assay mutate -q -n 6 --seed 3 <pluck.takes | cmp -s - six.takes
is $? "the same seed, the same bytes"
! assay mutate -q -n 6 --seed 4 <pluck.takes | cmp -s - six.takes
is $? "another seed, others"
assay mutate -q --name <six.takes | assay json | jq -r .key >named
same "a structure has its name from what it is" "$(cat named)" "$(jq -r .key six.json)"
assay patch -q --set cutoff=500 pluck | assay mutate -q --name | assay json | jq -r .key >other
same "values are no part of it" "$(cat other)" "$(assay mutate -q --name <pluck.takes | assay json | jq -r .key)"
assay patch --lua --in six.takes >six.lua 2>err && [ ! -s err ]
is $? "all of them can be said in Lua"
assay render -q --strict <six.takes | assay json | jq -e -s 'length == 6 and all(.audio.frames != null)' >/dev/null
is $? "and rendered"
assay mutate -q -n 3 --only insert <pluck.takes | assay json | jq -e -s 'all(.origin.command == "mutate insert")' >/dev/null
is $? "only such changes as are wanted"
assay mutate -q --only nothing <pluck.takes >out 2>err
[ $? = 2 ] && grep -q "no change 'nothing'" err
is $? "a change that there is not"
assay patch -q pluck | assay mutate --nodes 1 --only insert >out 2>err
[ $? = 1 ] && grep -q "no change of its structure" err
is $? "a take that cannot be changed fails with the reason"

# --- crossing, and how far structures are from one another ------------------------------------
assay patch -q bell >bell.takes
assay mutate -q -n 6 --cross bell.takes <pluck.takes >crossed.takes
assay json crossed.takes | jq -e -s 'length == 6 and all(.origin.command == "mutate cross") and (map(.key) | unique | length == 6)' >/dev/null
is $? "six crosses of a pluck and a bell"
same "have both as parents" "$(assay json crossed.takes | jq -r '.origin.parents[]' | sort -u)" "$(cat pluck.takes bell.takes | assay json | jq -r .id | sort -u)"
assay mutate -q -n 6 --cross bell.takes <pluck.takes | cmp -s - crossed.takes
is $? "the same seed, the same bytes"
assay render -q --strict <crossed.takes | assay score -q --weigh valid=1 | assay json | jq -e -s 'all(.fitness > 0)' >/dev/null
is $? "all of them sound"
cat pluck.takes bell.takes | assay render -q | assay score -q --weigh valid=1 --drop-audio | assay json | jq -c 'if .key == "bell" then .fitness = 2 else . end' | assay json -d >scored.takes
assay best -q <scored.takes >better.takes
assay mutate -q --cross better.takes <scored.takes | assay json | jq -e -s 'all(.parts[0].name == "bell")' >/dev/null
is $? "the body is that of the better one"
assay kin -q --json pluck.takes pluck.takes bell.takes crossed.takes >kin.json
jq -e -s '.[0].distance == 0 and .[1].distance == 0 and .[2].distance > 0.5 and all(.[3:][]; .distance > 0 and .distance < 0.5)' kin.json >/dev/null
is $? "a cross is nearer to the pluck than a bell is"
assay kin -q --json --species 2 pluck.takes bell.takes crossed.takes | jq -e -s '(map(.species) | unique | length == 2) and .[0].species != .[1].species' >/dev/null
is $? "pluck and bell are two species"
printf 'return saw{}' | head -c 9 >broken
for tool in "kin broken" "mutate --cross broken"; do
	assay $tool <pluck.takes >out 2>err
	[ $? = 1 ] && grep -q "broken" err
	is $? "$tool: what is no take"
done
assay mutate --cross /dev/null <pluck.takes >out 2>err
[ $? = 1 ] && grep -q "holds no takes to cross with" err
is $? "nothing to cross with"
# 4000 modules, as many as a patch may have
printf 'local x = saw{} for i = 1, 2000 do x = x + sine{detune = open{-50, 50, name = "d" .. i}} end return x * adsr{}' >huge.lua
assay patch -q huge.lua >huge.takes
assay mutate -q --nodes 4096 <huge.takes | assay kin -q --json huge.takes - | jq -e -s 'length == 2 and .[1].distance > 0' >/dev/null
is $? "a patch as large as any is changed and compared"
assay mutate -q --cross huge.takes <pluck.takes | assay kin -q --json - | jq -e '.modules <= 64' >/dev/null
is $? "and what is crossed with it stays small"

# --- grow ------------------------------------------------------------------------------------
assay patch -q --rate 22050 --length 0.3 --beats 0.4 --tail 0.05 fmbass | assay render -q --wav bass.wav >/dev/null
small="--budget 60 --share 6 --species 2 --children 2 --litter 3 --cross 50 --young 2"
# what a run ended with
ends() {
	cat "$1/species.txt"
	assay json "$1/best.takes" | jq -c '[.id, .fitness]'
}
assay grow $small bass.wav >said 2>err
is $? "grow a bass"
[ ! -s err ]
is $? "without a complaint"
[ -s grow-bass/bass.wav ] && [ -s grow-bass/bass.lua ]
is $? "the sound and the patch are there"
same "as many takes as were given" "$(awk 'NR == 1 { print $2 }' grow-bass/species.txt)" 60
same "the searches' and the litters'" "$(awk 'NR == 1 { n = $3; next } { n += $4 } END { print n }' grow-bass/species.txt)" 60
awk 'NR > 1 && $9 == "gone" && $5 != "none" && $4 < 12 { exit 1 }' grow-bass/species.txt
is $? "none goes before its second round"
[ "$(awk 'NR > 1 && $4 && $9 == "lives" { print $8 }' grow-bass/species.txt | sort -u | wc -l)" -le 2 ]
is $? "no more species than are wanted"
[ "$(sed 1d grow-bass/species.txt | awk '$4' | wc -l)" -ge 3 ]
is $? "of several structures"
same "one line a structure" "$(sed 1d grow-bass/species.txt | cut -d' ' -f1 | sort | uniq -d)" ""
sed 1d grow-bass/species.txt | awk '$2 != "-" { print $2 }' | sort -u | while read -r p; do grep -q "^$p " grow-bass/species.txt || echo "$p"; done >orphans
[ ! -s orphans ]
is $? "whose parents are known"
best=$(assay json grow-bass/best.takes | jq -s '.[0].fitness')
same "the best is the best of the table" "$(sed 1d grow-bass/species.txt | awk '$4 { print $5 }' | jq -s "max == $best")" true
assay patch -q grow-bass/bass.lua | assay json | jq -r .id >id
same "the patch is the best take" "$(cat id)" "$(assay json grow-bass/best.takes | jq -sr '.[0].id')"
ASSAY_BANK=grow-bass/bank.db assay bank find --id "$(cat id)" --json >/dev/null 2>&1 || ASSAY_BANK=grow-bass/bank.db assay bank show "$(cat id)" >/dev/null
is $? "it is in the bank"
ends grow-bass >ends
assay grow $small bass.wav >/dev/null 2>err
same "the same command again ends the same" "$(ends grow-bass)" "$(cat ends)"
# Killed as soon as the second round has begun.
setsid assay grow $small --out killed bass.wav >/dev/null 2>&1 &
group=$!
until { [ -s killed/species.txt ] && [ "$(sed -n '1s/ .*//p' killed/species.txt)" -ge 1 ]; } || ! kill -0 $group 2>/dev/null; do
	read -r _ </proc/uptime
done
kill -9 -$group 2>/dev/null
wait $group 2>/dev/null
[ ! -e killed/bass.wav ]
is $? "killed on its way"
assay grow $small --out killed bass.wav >/dev/null 2>err
is $? "the same command goes on"
same "and ends as if nothing had been" "$(ends killed)" "$(cat ends)"
assay grow --budget 24 --share 8 --children 1 --patch pluck --out new >said 2>err
is $? "without a sound: what is new"
same "is worth more" "$(assay json new/best.takes | jq -sc '.[0].scores | map(.term) | sort')" '["novel","valid"]'
assay grow nowhere.wav >out 2>err
[ $? = 1 ] && grep -q "cannot read 'nowhere.wav'" err
is $? "a sound that is not there"
assay grow --share 0 bass.wav >out 2>err
[ $? = 1 ] && grep -q "nothing to grow" err
is $? "no takes to grow with"
for wrong in "--thrift x" "--polish 100" "--cross 101" "--litter 0"; do
	assay grow $wrong bass.wav >out 2>err
	[ $? = 2 ] && grep -q -- "${wrong% *} is" err
	is $? "$wrong"
done
finish
