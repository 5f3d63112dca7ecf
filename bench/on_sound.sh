#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# on_sound.sh [FOLDER [JOBS [SEEDS]]] - the tables of doc/search-on-sound.md: every algorithm that follows one number, on hidden
# takes of the library, on one-shots and on slices of loops, at 500, 2,000 and 10,000 takes. Hours on one core; what is
# in FOLDER already is not done again. The tables go to standard output. Beside the mean fitness stands how much it is more than
# that of auto on the same targets and seeds, with its standard error.
set -eu

folder=${1:-on-sound}
jobs=${2:-$(nproc)}
seeds=${3:-1}
algos="random sobol lhs ga de cmaes anneal auto"
slow="turbo:batch=16 tpe" # what a proposal costs grows with what they have heard
samples=/usr/share/sonic-pi/samples
patches="pluck bass kick bell pad lead snare tom"
short="pluck bass kick tom"
here=$(cd "$(dirname "$0")/.." && pwd)
[ ! -x "$here/build/bin/assay" ] || PATH=$here/build/bin:$PATH
mkdir -p "$folder/slices"
folder=$(cd "$folder" && pwd)

# the slices that stand for the first two kinds of a loop
for loop in loop_amen loop_breakbeat; do
	[ -f "$folder/slices/$loop.takes" ] || {
		assay golden -q --slices --no-cache --wav "$folder/slices" "$samples/$loop.flac" >"$folder/slices/new"
		mv "$folder/slices/new" "$folder/slices/$loop.takes"
	}
done
ones="kick=$samples/bd_sone.flac snare=$samples/sn_generic.flac tom=$samples/drum_tom_lo_hard.flac pluck=$samples/elec_twang.flac"
slices="hit=$folder/slices/loop_amen#0.wav hit=$folder/slices/loop_breakbeat#3.wav"

compare() {
	assay compare --out "$folder" --jobs "$jobs" --seeds "$seeds" "$@" >>"$folder/log"
}
# hidden with a seed of their own, which nothing else in the source uses
hidden="--group hidden --hidden 1 --hidden-seed 20011"
# shellcheck disable=SC2086
{
	for budget in 2000 500; do
		compare $hidden --patch "$patches" --budget $budget --algos "$algos"
		compare --group one-shot --budget $budget --algos "$algos" $ones
		compare --group slice --budget $budget --algos "$algos" $slices
	done
	compare $hidden --patch "$short" --budget 10000 --algos "$algos"
	compare --group one-shot --budget 10000 --algos "$algos" $ones
	compare --group slice --budget 10000 --algos "$algos" $slices
	compare $hidden --patch "$patches" --budget 500 --algos "$slow"
	compare --group one-shot --budget 500 --algos "$slow" $ones
	compare --group slice --budget 500 --algos "$slow" $slices
	slow=${slow%% *}
	compare $hidden --patch "$patches" --budget 2000 --algos "$slow"
	compare --group one-shot --budget 2000 --algos "$slow" $ones
	compare --group slice --budget 2000 --algos "$slow" $slices
}

LC_ALL=C awk -F '\t' -v order="auto cmaes de ga anneal turbo:batch=16 tpe sobol lhs random" '
	function median(a, c,    n, i, j, v) {
		n = runs[a]
		for (i = 0; i < n; i++) {
			v = value[a, c, i]
			for (j = i; j > 0 && sorted[j - 1] > v; j--)
				sorted[j] = sorted[j - 1]
			sorted[j] = v
		}
		return n % 2 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2
	}
	# of the groups in a pattern: mean fitness and what it is more than that of auto, with its standard error
	function beside(groups, budget, name,    k, n, m, d, sum, more, square, other) {
		n = m = sum = more = square = 0
		for (k = 0; k < pairs; k++) {
			if (!((k, budget, name) in fitness) || pair_group[k] !~ groups)
				continue
			sum += fitness[k, budget, name]
			n++
			if (name == "auto" || !((k, budget, "auto") in fitness))
				continue
			d = fitness[k, budget, name] - fitness[k, budget, "auto"]
			more += d
			square += d * d
			m++
		}
		if (!n)
			return ""
		other = "| "
		if (m > 1) {
			more /= m
			square = (square / m - more * more) / (m - 1)
			other = sprintf("| %+.4f ± %.4f ", more, sqrt(square > 0 ? square : 0))
		}
		return sprintf("| %.4f %s", sum / n, other)
	}
	NR > 1 {
		p = $1 SUBSEP $2 SUBSEP $3 SUBSEP $6
		if (!(p in pair)) {
			pair_group[pairs + 0] = $1
			pair[p] = pairs++
		}
		fitness[pair[p], $5, $4] = $10
		a = $1 SUBSEP $5 SUBSEP $4
		for (c = 9; c <= 15; c++) {
			value[a, c, runs[a] + 0] = $c + 0
			sum[a, c] += $c
		}
		runs[a]++
		t = $1 SUBSEP $2 SUBSEP $3
		if (!(t in seen)) {
			seen[t] = 1
			target[++targets] = t
		}
		mss[t, $5, $4] += $11
		runs_of[t, $5, $4]++
	}
	END {
		names = split(order, name, " ")
		split("hidden one-shot slice", group, " ")
		split("500 2000 10000", budget, " ")
		for (b = 1; b <= 3; b++) {
			printf "\nall targets, %d takes:\n\n| algorithm | mean fitness | more than auto |\n| --- | --- | --- |\n", budget[b]
			for (i = 1; i <= names; i++)
				if ((line = beside("", budget[b], name[i])) != "")
					printf "| %s %s|\n", name[i], line
		}
		for (g = 1; g <= 3; g++)
			for (b = 1; b <= 3; b++) {
				printf "\n%s, %d takes:\n\n| algorithm | targets | MSS | mean MSS | wMFCC | SOT | RMS | MR-STFT | fitness | CPU s | mean fitness | more than auto |\n",
					group[g], budget[b]
				print "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
				for (i = 1; i <= names; i++) {
					a = group[g] SUBSEP budget[b] SUBSEP name[i]
					if (runs[a])
						printf "| %s | %d | %.3f | %.3f | %.2f | %.4f | %.4f | %.3f | %.4f | %.1f %s|\n", name[i], runs[a],
							median(a, 11), sum[a, 11] / runs[a], median(a, 12), median(a, 13), median(a, 14), median(a, 15),
							median(a, 10), sum[a, 9] / runs[a], beside("^" group[g] "$", budget[b], name[i])
				}
			}
		for (b = 1; b <= 3; b++) {
			printf "\nMSS of each target, %d takes:\n\n| target |", budget[b]
			for (i = 1; i <= names; i++)
				printf " %s |", name[i]
			printf "\n| --- |"
			for (i = 1; i <= names; i++)
				printf " --- |"
			printf "\n"
			for (k = 1; k <= targets; k++) {
				line = ""
				some = 0
				for (i = 1; i <= names; i++) {
					v = mss[target[k], budget[b], name[i]]
					if (v != "")
						v /= runs_of[target[k], budget[b], name[i]]
					some += (v != "")
					line = line (v == "" ? " |" : sprintf(" %.2f |", v))
				}
				split(target[k], of, SUBSEP)
				if (some)
					printf "| %s with `%s` |%s\n", of[3], of[2], line
			}
		}
	}' "$folder/results.tsv"
