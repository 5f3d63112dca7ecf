#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A patch that plays a file: the take outlives the file, the folder of sounds and the machine.
. "$(dirname "$0")/tap.sh"
export XDG_DATA_HOME="$tmp/home"
mkdir -p "$tmp/patch/loops"
bank="$tmp/bank.db"

# A loop of the user's own: made by assay, but a file like any other.
echo 'return sampler{file = "made:loop"} >> voices(), phrase{tempo = 120, beats = 4, tail = 0, notes = {{0, 4, 60, 1}}}' \
	>"$tmp/make.lua"
pass "a loop is rendered to a file" sh -c "assay patch '$tmp/make.lua' | assay render --wav '$tmp/patch/loops/mine.wav' >/dev/null"
cat >"$tmp/patch/play.lua" <<'END'
return sampler{file = "loops/mine.wav", mode = "stretch", speed = 0.8} >> voices(),
	phrase{tempo = 120, beats = 2, tail = 0.1, notes = {{0, 2, 60, 1}}}
END
hash() { assay render 2>"$tmp/err" | assay json | jq -r '.audio.hash // .error'; }
pass "a patch names it by a path from its own folder" sh -c "assay patch '$tmp/patch/play.lua' >'$tmp/play.takes'"
want=$(hash <"$tmp/play.takes")
case $want in '' | *' '*) false ;; *) true ;; esac
is $? "it renders"
[ "$(wc -c <"$tmp/play.takes")" -lt 4000 ]
is $? "the take is small: it holds the hash"
[ "$(ls "$tmp/home/assay/sounds" | wc -l)" = 1 ]
is $? "the sound stands in the folder of sounds"

assay patch --lua -i "$tmp/play.takes" >"$tmp/again.lua" 2>"$tmp/err" && grep -q 'sound:.*mine.wav' "$tmp/again.lua"
is $? "as Lua it names the sound by its hash"
same "and that text gives the same take" "$(assay patch "$tmp/again.lua" | assay json | jq -r .id)" "$(assay json <"$tmp/play.takes" | jq -r .id)"

assay bank --bank "$bank" add <"$tmp/play.takes" 2>"$tmp/err"
is $? "the bank takes it"
assay patch "$tmp/patch/play.lua" --embed >"$tmp/whole.takes"
head -c 10000 "$tmp/patch/loops/mine.wav" >"$tmp/patch/loops/other.wav"
mv "$tmp/patch/loops/other.wav" "$tmp/patch/loops/mine.wav"
same "the file is changed: the take is not" "$(hash <"$tmp/play.takes")" "$want"
rm -r "$tmp/home" "$tmp/patch/loops"
hash <"$tmp/play.takes" | grep -q "'mine.wav'.*not on this machine.*--embed"
is $? "file and folder deleted: the error names the sound and the cure"
same "a take that has its sound along renders anywhere" "$(hash <"$tmp/whole.takes")" "$want"
id=$(assay json <"$tmp/play.takes" | jq -r .id)
same "called back from the bank it sounds as it did" "$(assay bank --bank "$bank" recall "$id" | hash)" "$want"
same "and the folder has its sound again" "$(hash <"$tmp/play.takes")" "$want"

file=$(ls "$tmp"/home/assay/sounds/*.wav)
printf X | dd of="$file" bs=1 seek=5000 conv=notrunc 2>/dev/null
hash <"$tmp/play.takes" | grep -q 'damaged'
is $? "a damaged sound is refused"
same "and mended by the bank" "$(assay bank --bank "$bank" recall "$id" | hash)" "$want"
rm -r "$tmp/home"
assay bank --bank "$tmp/b2.db" add <"$tmp/play.takes" 2>"$tmp/err" && grep -q 'without a sound' "$tmp/err"
is $? "a bank that does not find the sound says so"

echo 'return sampler{} >> voices()' >"$tmp/none.lua"
assay patch "$tmp/none.lua" 2>&1 >/dev/null | grep -q 'none.lua:1: sampler: plays a sound file'
is $? "a sampler without a file is refused"
echo 'return sampler{file = "gone.wav"} >> voices()' >"$tmp/gone.lua"
assay patch "$tmp/gone.lua" 2>&1 >/dev/null | grep -q "gone.lua:1: sampler: cannot open 'gone.wav'"
is $? "so is a file that is not there"
echo 'return saw{file = "made:loop"} >> voices()' >"$tmp/saw.lua"
assay patch "$tmp/saw.lua" 2>&1 >/dev/null | grep -q "no port 'file'"
is $? "and a file for a module that plays none"
finish
