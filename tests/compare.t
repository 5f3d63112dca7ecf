#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# compare: medians of what stands in its results, and only of what is asked for; what stands there is not done again;
# what a killed run leaves does not stop the next.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1

header=$(echo group patch target algo budget seed weigh seconds cpu fitness mss wmfcc sot rms mrstft | tr ' ' '\t')
mkdir had
touch a.wav b.wav # never read: all results are there
{
	echo "$header"
	for row in 'a 1 9' 'a 2 1' 'b 1 2' 'b 2 4'; do
		set -- $row
		printf 'sound\tpluck\t%s\tga\t60\t%s\tlike=1,valid=0.1\t1\t2\t.5\t%s\t3\t.1\t.9\t1\n' "$1" "$2" "$3"
		printf 'sound\tpluck\t%s\tde\t60\t%s\tlike=1,valid=0.1\t1\t2\t.5\t%s\t3\t.1\t.9\t1\n' "$1" "$2" "$(($3 + 1))"
	done
	printf 'sound\tpluck\ta\tga\t61\t1\tlike=1,valid=0.1\t1\t2\t.5\t1000\t3\t.1\t.9\t1\n' # another budget, weight, target, patch
	printf 'sound\tpluck\ta\tga\t60\t1\tlike=1\t1\t2\t.5\t1000\t3\t.1\t.9\t1\n'
	printf 'sound\tpluck\tc\tga\t60\t1\tlike=1,valid=0.1\t1\t2\t.5\t1000\t3\t.1\t.9\t1\n'
	printf 'sound\tkick\ta\tga\t60\t1\tlike=1,valid=0.1\t1\t2\t.5\t2\t3\t.1\t.9\t1\n'
} >had/results.tsv
cp had/results.tsv before

# shown OPTIONS...: group, budget, algorithm, runs, median and mean of the MSS
shown() {
	assay compare --out had "$@" | awk '{ print $1, $2, $3, $4, $8, $14 }' | paste -sd ' ' -
}
head="group budget algo runs mss mean-mss"
same "medians of an even number, the lowest first" "$(shown --budget 60 --seeds 2 --algos "de ga" a.wav b.wav)" \
	"$head sound 60 ga 4 3.000 4.000 sound 60 de 4 4.000 5.000"
same "medians of one" "$(shown --budget 60 --algos ga a.wav)" "$head sound 60 ga 1 9.000 9.000"
same "a target with a patch of its own" "$(shown --budget 60 --algos ga kick=a.wav b.wav)" "$head sound 60 ga 2 2.000 2.000"
same "several budgets" "$(shown --budget "60 61" --algos ga a.wav)" \
	"$head sound 60 ga 1 9.000 9.000 sound 61 ga 1 1000.000 1000.000"
same "groups go by what they are called now" "$(shown --group tonal --budget 60 --algos ga a.wav)" "$head tonal 60 ga 1 9.000 9.000"
cmp -s before had/results.tsv
is $? "nothing was done again"

# hidden takes: what is drawn, searched and left
run() {
	assay compare --out hide --patch kick --hidden 2 --budget 9 --algos "ga:population=4" "$@"
}
pass "hidden takes are searched for" run --jobs 2
same "each has its line" "$(cut -f 1-6 hide/results.tsv | sed 1d | sort | tr '\t\n' '  ')" \
	"hidden kick kick-hidden-999983-1 ga:population=4 9 1 hidden kick kick-hidden-999983-2 ga:population=4 9 1 "
same "all columns are numbers" "$(cut -f 8- hide/results.tsv | sed 1d | tr '\t' '\n' | grep -cE '^-?[0-9.]+(e[-+]?[0-9]+)?$')" 16
same "nothing else is left" "$(cd hide && echo *)" \
	"kick-hidden-999983-1.wav kick-hidden-999983-2.wav kick-hidden-999983.takes results.tsv"

# half a line, as a machine that stops may leave, and the folder of a run that was killed
sort hide/results.tsv >whole
{ sed '$d' hide/results.tsv && tail -n 1 hide/results.tsv | cut -c 1-70 | tr -d '\n'; } >cut
cp cut hide/results.tsv
mkdir hide/work.99999999
pass "half a line is done again" run
same "with the same outcome" "$(sort hide/results.tsv | cut -f 1-7,10-)" "$(cut -f 1-7,10- whole)"
[ ! -e hide/work.99999999 ]
is $? "what a killed run left is cleared away"

# what makes no sense
fails() {
	want=$1
	saying=$2
	shift 2
	assay compare "$@" 2>err
	got=$?
	[ $got = "$want" ] && grep -qF -- "$saying" err
	is $? "refused: $saying"
}
touch d.wav
mkdir other && touch other/a.wav
fails 2 "there is no algorithm 'gaa'" --out had --algos "ga gaa" a.wav
fails 2 "not '6x'" --out had --budget "60 6x" a.wav
fails 1 "cannot read 'e.wav'" --out had kick=e.wav
fails 1 "two targets are called 'a'" --out had --budget 60 --algos ga a.wav other/a.wav
fails 2 "PATCH=a.wav" --out had --patch "kick bass" a.wav
fails 1 "cannot take 'd.wav' for a sound" --out had --budget 60 --algos ga d.wav
echo "$header" | cut -f 1-9 >had/results.tsv
fails 1 "other columns" --out had a.wav
{ echo "$header" && echo "sound	pluck"; } >had/results.tsv
fails 1 "line 2 of" --out had a.wav
finish
