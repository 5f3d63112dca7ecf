#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# golden on sets that change, on copies, on what loops and what does not, and on folders of all sorts.
dir=/usr/share/sonic-pi/samples
. "$(dirname "$0")/tap.sh"
if [ ! -r $dir/loop_amen.flac ]; then
	echo "1..0 # SKIP no sonic-pi-samples"
	exit 0
fi
said() {
	sed -n 's/^assay golden: \(.* heard, .* known\)$/\1/p' "$1"
}

# A set that grows, changes and shrinks.
mkdir "$tmp/set"
cp $dir/bd_fat.flac $dir/bd_ada.flac $dir/sn_dub.flac "$tmp/set"
assay golden "$tmp/set" -o "$tmp/set.takes" 2>"$tmp/err"
is $? "a set is made"
same "all of it is heard" "$(said "$tmp/err")" "3 loops: 3 heard, 0 known"
cp "$tmp/set.takes" "$tmp/first.takes"
assay golden "$tmp/set" -o "$tmp/set.takes" 2>"$tmp/err"
same "again nothing is" "$(said "$tmp/err")" "3 loops: 0 new, 0 changed, 3 kept, 0 gone; 0 heard, 3 known"
pass "and it is the same to the byte" cmp "$tmp/first.takes" "$tmp/set.takes"
assay golden --no-cache "$tmp/set" -o "$tmp/set.takes" 2>"$tmp/err"
same "unless it shall be heard again" "$(said "$tmp/err")" "3 loops: 0 new, 0 changed, 3 kept, 0 gone; 3 heard, 0 known"
pass "which changes nothing" cmp "$tmp/first.takes" "$tmp/set.takes"
cp $dir/elec_pop.flac "$tmp/set"
cp $dir/bd_tek.flac "$tmp/set/bd_ada.flac"
rm "$tmp/set/bd_fat.flac"
assay golden "$tmp/set" -o "$tmp/set.takes" 2>"$tmp/err"
same "one added, one changed, one gone" "$(said "$tmp/err")" "3 loops: 1 new, 1 changed, 1 kept, 1 gone; 2 heard, 1 known"
same "and the set is what is there" "$(assay json "$tmp/set.takes" | jq -r .key | tr '\n' ' ')" "bd_ada elec_pop sn_dub "
mv "$tmp/set/elec_pop.flac" "$tmp/set/pop 120 bpm.flac"
assay golden "$tmp/set" -o "$tmp/set.takes" 2>"$tmp/err"
same "a name that states something is heard with it" "$(said "$tmp/err")" "3 loops: 1 new, 0 changed, 2 kept, 1 gone; 1 heard, 2 known"
cp $dir/sn_dub.flac "$tmp/set/snare.flac"
assay golden "$tmp/set" -o "$tmp/set.takes" 2>"$tmp/err"
same "the same bytes under another name are known" "$(said "$tmp/err")" "4 loops: 1 new, 0 changed, 3 kept, 0 gone; 0 heard, 4 known"

# The cache is a cache.
cp "$tmp/set.takes" "$tmp/first.takes"
for f in "$XDG_CACHE_HOME"/assay/golden/*; do
	case $((n = n + 1)) in 1) : >"$f" ;; 2) head -c 100 /dev/urandom >"$f" ;; 3) printf x | dd of="$f" bs=1 seek=60 conv=notrunc 2>/dev/null ;; 4) truncate -s -1 "$f" ;; *) head -c 2000000 /dev/zero >"$f" ;; esac
done
assay golden "$tmp/set" -o "$tmp/set.takes" 2>"$tmp/err"
same "what is broken in it is heard again" "$(said "$tmp/err")" "4 loops: 0 new, 0 changed, 4 kept, 0 gone; 3 heard, 1 known"
pass "and the set is the same" cmp "$tmp/first.takes" "$tmp/set.takes"
XDG_CACHE_HOME=/dev/null assay golden "$tmp/set" -o "$tmp/set.takes" 2>"$tmp/err"
same "where there is no room for one all is heard" "$? $(said "$tmp/err")" "0 4 loops: 0 new, 0 changed, 4 kept, 0 gone; 4 heard, 0 known"
for k in 1 2 3; do
	XDG_CACHE_HOME="$tmp/many" assay golden -q "$tmp/set" -o "$tmp/$k.takes" &
done
wait
cmp -s "$tmp/1.takes" "$tmp/first.takes" && cmp -s "$tmp/2.takes" "$tmp/first.takes" && cmp -s "$tmp/3.takes" "$tmp/first.takes"
is $? "three at once do not disturb one another"
before=$(cksum <"$tmp/set.takes")
(ulimit -f 16; assay golden "$tmp/set" -o "$tmp/set.takes" 2>/dev/null)
same "a set that cannot be written whole leaves the old one" "$? $(cksum <"$tmp/set.takes")" "1 $before"
same "and nothing beside it" "$(ls "$tmp" | grep -c 'set.takes.')" 0

# Broken off: it waits for a FIFO after two files, and is interrupted when it has heard them.
mkfifo "$tmp/wait.wav"
cp "$tmp/set.takes" "$tmp/old.takes"
XDG_CACHE_HOME="$tmp/broken" assay golden $dir/bd_fat.flac $dir/sn_dub.flac "$tmp/wait.wav" -o "$tmp/old.takes" 2>"$tmp/err" &
for k in $(seq 100); do
	[ "$(ls "$tmp/broken/assay/golden" 2>/dev/null | grep -cE '^[0-9a-f]{64}$')" -lt 2 ] || break
	sleep 0.05
done
kill -INT $!
wait $!
same "an interrupted run leaves the old set" "$? $(cksum <"$tmp/old.takes")" "130 $(cksum <"$tmp/set.takes")"
XDG_CACHE_HOME="$tmp/broken" assay golden $dir/bd_fat.flac $dir/sn_dub.flac $dir/bd_ada.flac -o "$tmp/old.takes" 2>"$tmp/err"
same "and the next one knows what it had heard" "$(said "$tmp/err")" "3 loops: 3 new, 0 changed, 0 kept, 4 gone; 1 heard, 2 known"

# Copies: other formats, levels, rates and shifts; and what only sounds alike.
mkdir "$tmp/twice"
cp $dir/drum_snare_*.flac $dir/tabla_tun*.flac $dir/drum_tom_*.flac "$tmp/twice"
cp $dir/bd_fat.flac "$tmp/twice/a.flac"
cp $dir/bd_fat.flac "$tmp/twice/a again.flac"
python3 - "$tmp/twice/z.wav" <<-'END'
	import subprocess, struct, sys, wave
	raw = subprocess.run(["flac", "-s", "-d", "-c", "/usr/share/sonic-pi/samples/drum_snare_hard.flac"], stdout=subprocess.PIPE).stdout
	import io
	r = wave.open(io.BytesIO(raw)); c = r.getnchannels(); b = r.getsampwidth(); f = r.readframes(r.getnframes())
	x = [int.from_bytes(f[i:i + b], "little", signed=True) >> 8 * (b - 2) for i in range(0, len(f), b)]
	x = [sum(x[i:i + c]) // c for i in range(0, len(x), c)]
	w = wave.open(sys.argv[1], "w"); w.setnchannels(1); w.setsampwidth(2); w.setframerate(r.getframerate())
	x = [0] * 3000 + [-v // 4 for v in x]; w.writeframes(struct.pack("<%dh" % len(x), *x)); w.close()
END
assay golden --json "$tmp/twice" >"$tmp/report.json"
same "copies are found, and nothing else" "$(jq -c '[.loops[] | select(.same or .copy) | [.name, .same, .copy]]' "$tmp/report.json")" \
	'[["a",'"$(jq -c '.loops[0].name' "$tmp/report.json")"',null],["z",null,"drum_snare_hard"]]'
assay golden --dedupe "$tmp/twice" -o "$tmp/once.takes" 2>"$tmp/err"
same "and left out" "$(assay json "$tmp/once.takes" | jq -r .key | grep -cE '^(a|a again|z|drum_snare_hard)$')" 2
same "which is said" "$(grep -c 'left out' "$tmp/err")" 2
same "they count once" "$(jq -c '[.counts.sounds, .counts.same, .counts.copies, (.coverage.tempo.counts | add)]' "$tmp/report.json")" "[14,1,1,12]"

# What loops.
mkdir "$tmp/cut"
for name in amen_full garzul mika safari compus tabla; do
	flac -s -d --until=-20000 -o "$tmp/cut/$name.wav" "$dir/loop_$name.flac"
done
assay golden --json $dir/loop_*.flac >"$tmp/loops.json"
same "most loops loop" "$(jq '[.loops[] | select(.loopness >= 0.5)] | length >= 13' "$tmp/loops.json")" true
same "half a second less and they do not" "$(assay golden --json "$tmp/cut" | jq '[.loops[] | select(.loopness >= 0.5)] | length <= 1')" true
same "nor does what is struck once" "$(assay golden --json $dir/bd_*.flac $dir/sn_*.flac $dir/drum_*.flac | jq '[.loops[] | select(.loopness >= 0.5)] | length')" 0
same "kinds have an exemplar each" "$(jq -c '[(.kinds | length), ([.loops[] | select(.exemplar)] | length), ([.kinds[].loops[]] | length)] | [.[0] == .[1], .[2]]' "$tmp/loops.json")" "[true,17]"
same "the amen break is struck where it is struck" "$(jq -c '.loops[] | select(.name == "loop_amen") | [.steps | to_entries[] | select(.value > 0) | .key]' "$tmp/loops.json")" \
	"[0,2,4,6,7,8,9,10,11,12,14,15]"
same "octaves are parts of a whole" "$(jq -c '[(.octaves.parts | add * 1000 | round), (.octaves.crowded | index(125) != null), (.octaves.free | index(16000) != null)]' "$tmp/loops.json")" "[1000,true,true]"

# Slices.
assay golden --slices --all --slice beats --wav "$tmp/wav" $dir/loop_amen.flac -o "$tmp/beats.takes" 2>"$tmp/err"
same "a loop of four beats is cut into four" "$(assay json "$tmp/beats.takes" | jq -c '[.audio.frames, (.loop.beats * 100 | round)]' | tr '\n' ' ')" \
	"[19330,100] [19331,100] [19330,100] [19330,100] "
same "which are files, too" "$(ls "$tmp/wav" | tr '\n' ' ')" "loop_amen#0.wav loop_amen#1.wav loop_amen#2.wav loop_amen#3.wav "
same "of the same sound" "$(assay features --only r128 "$tmp/wav/loop_amen#2.wav" | assay json | jq -r .id)" "$(assay json "$tmp/beats.takes" | sed -n 3p | jq -r .id)"
grep -qa "of $(assay json "$tmp/beats.takes" | head -1 | jq -r '.origin.parents[0]')" "$tmp/wav/loop_amen#0.wav"
is $? "that say where they are from"
same "a voice has onsets but hardly a blow, a beat has both" \
	"$(assay golden --slice transients $dir/bass_voxy_c.flac $dir/loop_compus.flac | assay json | jq -c '.loop.slices | length' | jq -sc '[.[0] <= 3, .[1] >= 22]')" "[true,true]"
mkdir "$tmp/same" "$tmp/same/b"
cp $dir/bd_fat.flac "$tmp/same"
cp $dir/bd_ada.flac "$tmp/same/b/bd_fat.flac"
assay golden -q --wav "$tmp/wavs" "$tmp/same" >/dev/null
same "two of one name are two files" "$(ls "$tmp/wavs" | tr '\n' ' ')" "bd_fat-2.wav bd_fat.wav "

# Folders of all sorts.
mkdir -p "$tmp/odd/sub" "$tmp/empty"
name="$(printf 'two\nlines, and Gr\303\274n')"
cp $dir/bd_fat.flac "$tmp/odd/$name.flac"
ln -s .. "$tmp/odd/sub/round"
ln -s nowhere "$tmp/odd/dangling.wav"
mkfifo "$tmp/odd/fifo.wav"
python3 -c "
import wave, sys
for name, n in (('none', 0), ('one', 1)):
    w = wave.open(sys.argv[1] + '/' + name + '.wav', 'w'); w.setparams((1, 2, 44100, 0, 'NONE', '')); w.writeframes(b'\1\0' * n); w.close()
" "$tmp/odd"
assay golden "$tmp/odd" -o "$tmp/odd.takes" 2>"$tmp/err"
same "what is no sound is passed over" "$? $(grep -c warning "$tmp/err")" "0 4"
same "and the rest is there" "$(assay json "$tmp/odd.takes" | jq -c .key | tr '\n' ' ')" '"one" "two\nlines, and Grün" '
same "in the report each has a line" "$(assay golden -q --report "$tmp/odd" | sed '/^$/q' | wc -l)" 4
same "and in JSON its name" "$(assay golden -q --json "$tmp/odd" | jq -r '.loops[1].name')" "$name"
assay golden "$tmp/empty" -o "$tmp/odd.takes" 2>"$tmp/err"
same "an empty folder is a failure that leaves the set" "$? $(assay json "$tmp/odd.takes" | wc -l)" "1 2"

# The picture.
assay golden -q $dir/loop_*.flac -o "$tmp/loops.takes"
assay picture set "$tmp/loops.takes" -o "$tmp/a.png" && assay picture set -o "$tmp/b.png" <"$tmp/loops.takes"
same "a picture of the set, the same each time" "$(cksum <"$tmp/a.png")" "$(cksum <"$tmp/b.png")"
same "of some size" "$([ "$(wc -c <"$tmp/a.png")" -gt 50000 ] && head -c 4 "$tmp/a.png" | tail -c 3)" PNG
pass "a small one" assay picture set "$tmp/loops.takes" --width 400 --height 300 -o "$tmp/small.png"
assay picture set "$tmp/odd.takes" -o "$tmp/c.png" 2>/dev/null
same "of two there is none" "$? $(ls "$tmp/c.png" 2>/dev/null)" "1 "
finish
