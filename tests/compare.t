#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# compare: medians of what stands in its results, and only of what is asked for; what stands there is not done again.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
mkdir out
touch a.wav b.wav # never read: all results are there
{
	printf 'target\talgo\tbudget\tseed\tseconds\tfitness\tmss\twmfcc\tsot\trms\tmrstft\n'
	for row in 'a 1 9' 'a 2 1' 'b 1 2' 'b 2 4'; do
		set -- $row
		printf '%s\tga\t60\t%s\t1\t.5\t%s\t3\t.1\t.9\t1\n' "$1" "$2" "$3"
		printf '%s\tde\t60\t%s\t1\t.5\t%s\t3\t.1\t.9\t1\n' "$1" "$2" "$(($3 + 1))"
	done
	printf 'a\tga\t61\t1\t1\t.5\t1000\t3\t.1\t.9\t1\nc\tga\t60\t1\t1\t.5\t1000\t3\t.1\t.9\t1\n'
} >out/results.tsv
cp out/results.tsv before
same "medians of an even number, the lowest first" \
	"$(assay compare --out out --budget 60 --seeds 2 --algos "de ga" a.wav b.wav | awk '{ print $1, $2, $5 }' | paste -sd ' ' -)" \
	"algo runs mss ga 4 3.000 de 4 4.000"
same "medians of one" \
	"$(assay compare --out out --budget 60 --algos ga a.wav | awk '{ print $1, $2, $5 }' | paste -sd ' ' -)" "algo runs mss ga 1 9.000"
cmp -s before out/results.tsv
is $? "nothing was done again"
finish
