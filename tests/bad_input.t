#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Bad input at the shell: a clear error, a sane exit status, nothing lost. A case
# is a line: what it must exit with :: what it must say on stderr :: the command.
# No case may take 20 s, or be ended by a signal.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
L=/usr/share/sonic-pi/samples
export L ASSAY_PATCHES="$here/patches"

# --- what is wrong -------------------------------------------------------------------
assay patch hit --random 2 --seed 3 >hit.takes
assay render <hit.takes >hit.sound
assay json <hit.takes | sed -n 1p >hit.json
assay render --wav hit.wav <hit.takes
head -c 3000 /dev/zero | tr '\0' '\377' >garbage.takes
head -c 20000 hit.sound >cut.takes
printf '\377\377\377\177' >huge.takes
: >empty.wav
cp garbage.takes noise.wav
printf 'RIFF\044\0\0\0WAVEfmt \020\0\0\0\001\0\001\0\104\254\0\0\210\130\001\0\002\0\020\0data\0\0\0\0' >head.wav
head -c 60000 $L/loop_amen.flac >cut.flac
newline="a
b.wav"
cp hit.wav "$newline"
cp hit.wav ./-r.wav
mkfifo fifo
mkdir folder
echo 'while true do end' >forever.lua
echo 'local t = {} for i = 1, 1e9 do t[i] = {} end' >greedy.lua
echo 'local s = "x" while true do s = s .. s end' >longer.lua
echo 'local function f() return f() + 1 end return f()' >deep.lua
echo 'return saw{pitch = 0/0}' >nan.lua
echo 'return saww{}' >unknown.lua
echo 'local s = saw{} for i = 1, 1300 do s = delay{s, time = 2} end return s' >delays.lua
printf '\033Lua' >binary.lua

# edit FILTER: hit.json with something wrong in it, as takes in edited.takes
edit() {
	jq -c "$1" <hit.json | assay json -q -d >edited.takes
}

cases() {
	while IFS= read -r line; do
		case $line in '' | '#'*) continue ;; esac
		want=${line%% :: *}
		line=${line#* :: }
		said=${line%% :: *}
		command=${line#* :: }
		timeout 20 sh -c "$command" >out 2>err </dev/null
		status=$?
		[ $status -eq "$want" ] && { [ "$said" = - ] || grep -q -- "$said" err; } && ! grep -qE 'Sanitizer|runtime error' err
		is $? "$(printf %s "$command" | tr '\\' /): exit $want ($status), '$said'"
	done
}

cases <<'END'
# streams
1 :: byte 0 :: assay render <garbage.takes
1 :: is truncated :: assay features <cut.takes
1 :: claims 268435455 bytes :: assay score -i huge.takes
1 :: Is a directory :: assay render <folder
1 :: cannot open 'nothing' :: assay best -i nothing
1 :: cannot create 'nothing/x' :: assay render -o nothing/x <hit.takes
1 :: Bad file descriptor :: assay render <&-
1 :: Bad file descriptor :: assay render <hit.takes >&-
0 :: - :: assay features --npy x.npy <hit.sound 2>&- && head -c 6 x.npy | grep -q NUMPY
1 :: - :: assay render <garbage.takes <&- >&- 2>&-
0 :: - :: assay render <hit.takes >fifo & assay features -i fifo
1 :: read and written at once :: assay render -i hit.takes -o hit.takes
1 :: leaves this machine :: assay render -i tcp://0.0.0.0:5999
1 :: leaves this machine :: assay render -i hit.takes -o tcp://127.0.0.1.example.org:5999
1 :: cannot bind :: assay render -i ipc://nothing/socket
# files that are over their limit or on a full disk
1 :: File too large :: ulimit -f 20; assay render -o limit.takes <hit.takes
1 :: File too large :: ulimit -f 20; assay render --wav limit.wav <hit.takes
1 :: bank :: ulimit -f 20; assay bank add --bank limit.db <hit.sound
1 :: No space left :: assay render -o /dev/full <hit.takes
1 :: No space left :: assay picture spectrogram hit.wav -o - >/dev/full
1 :: No space left :: assay likeness hit.wav hit.wav >/dev/full
# sounds
1 :: the file is empty :: assay golden empty.wav
1 :: not a sound file :: assay golden noise.wav
1 :: 0 frames :: assay features head.wav
1 :: breaks off :: assay golden cut.flac
1 :: not a sound file :: assay likeness hit.wav noise.wav
1 :: breaks off :: assay score --like cut.flac <hit.sound
1 :: the file is empty :: assay picture spectrogram empty.wav -o x.png
1 :: breaks off :: assay play -o x.wav cut.flac
1 :: the file is empty :: assay evolve --patch hit --level empty.wav
1 :: hold :: assay kit --loop empty.wav hit.takes
# names
0 :: - :: assay golden "$(printf 'a\nb.wav')" | assay json | jq -e '.key == "a\nb"'
0 :: - :: assay golden -- -r.wav | assay json | jq -e '.key == "-r"'
# patches
1 :: a loop without end :: assay patch forever.lua
1 :: out of the memory :: assay patch greedy.lua
1 :: longer than a patch may make it :: assay patch longer.lua
1 :: deep.lua:1: out of the memory :: assay patch deep.lua
1 :: nan.lua:1: .*not a number :: assay patch nan.lua
1 :: unknown.lua:1: .*'saw' :: assay patch unknown.lua
1 :: binary chunk :: assay patch binary.lua
1 :: ends in `return` :: assay patch /dev/null
1 :: larger than a patch :: assay patch /dev/zero
1 :: it is a folder :: assay patch folder/../../
1 :: no patch 'nothing' :: assay patch nothing
1 :: not a MIDI file :: assay patch hit --midi hit.wav
2 :: not a number :: assay patch hit --tail nan
# takes whose claims are large
1 :: MiB for each voice; at most :: assay patch delays.lua | assay render
1 :: MiB; at most :: assay patch hit --tail 1190 --rate 384000 | assay render
# where things are kept
1 :: no place for the bank :: unset ASSAY_BANK XDG_DATA_HOME HOME; assay bank add <hit.takes
1 :: is no bank :: assay bank add --bank hit.takes <hit.takes
1 :: cannot open bank :: assay bank add --bank /proc/nothing/bank.db <hit.takes
1 :: cannot open the bank :: assay bank find --bank postgresql://127.0.0.1:1/x
0 :: - :: TMPDIR=/nothing TERM=dumb LC_ALL=de_DE.UTF-8 assay patch hit --tempo 90.5 | assay json | jq -e .phrase.tempo==90.5
END

# --- takes that were edited: the error is set, and names what is wrong ----------------------
while IFS= read -r line; do
	edit "${line#* :: }"
	timeout 20 assay render <edited.takes 2>err >out
	status=$?
	[ $status -eq 1 ] && grep -q -- "${line%% :: *}" err && assay json -q <out | jq -e '.error | length > 0' >/dev/null
	is $? "${line#* :: }: '${line%% :: *}'"
done <<'END'
unknown module 'moog' :: .parts[0].patch.nodes[1].module = "moog"
'volume' :: .parts[0].patch.nodes[1].inputs[0].port = "volume"
node 3 :: .parts[0].patch.nodes[3].inputs[0] = {port: "a", wire: {node: 3, port: "out"}}
node 3 :: .parts[0].patch.nodes[3].inputs[0] = {port: "a", wire: {node: 4000000000, port: "out"}}
node 3 :: .parts[0].patch.nodes[3].inputs[0] = {port: "a", param: 4000000000}
0 outputs :: .parts[0].patch.outputs = []
the rate is 0 Hz :: .rate = 0
made for engine 99 :: .engine = 99
tempo is 0 :: .phrase.tempo = 0
not within 0 to 1200 s :: .phrase.beats = 1e300
part 7 of 1 :: .phrase.notes[0].part = 7
no phrase :: del(.phrase)
300 parts :: .parts = [range(300) as $i | .parts[0]]
END

# --- the longest phrase ------------------------------------------------------------------
short='.phrase.tempo = 1000 | .phrase.beats = 1 | .phrase.tail = 0 | .phrase.notes = [range(NOTES) | {length: 0.1, pitch: 60, velocity: 0.5}]'
# a sine: voices of it cost next to nothing, it is the notes that are to get through
echo 'return sine{} >> voices()' | assay patch - | assay json >hit.json
edit "$(echo "$short" | sed s/NOTES/65536/)"
assay render <edited.takes 2>err | assay features 2>>err | assay json -q | jq -e '.phrase.notes | length == 65536' >/dev/null
is $? "65536 notes go through a pipe"
edit "$(echo "$short" | sed s/NOTES/65537/)"
timeout 20 assay render <edited.takes >/dev/null 2>err
[ $? -eq 1 ] && grep -q 'notes' err
is $? "65537 are refused"
finish
