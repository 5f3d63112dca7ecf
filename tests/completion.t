#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The completions, each in its own shell; none may run a tool to complete.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
for s in bash zsh fish; do
	assay completion $s >$s.completion 2>err
	is $? "completion $s"
done
assay completion tcsh 2>err
[ $? -eq 2 ] && grep -q "no completions for 'tcsh'" err
is $? "no completions for tcsh"
touch 'a file.takes' beta.takes
# From here on no tool can be run: a completion that tried would find nothing.
PATH=/usr/bin:/bin

# bash: words of the command line, the last being completed
complete_bash() {
	bash -c '. ./bash.completion; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _assay; printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}
same "bash: tools" "$(complete_bash assay js)" json
same "bash: what assay does itself" "$(complete_bash assay doc)" doctor
same "bash: options" "$(complete_bash assay json --da)" --data
complete_bash assay json -- | grep -qx -- --decode
is $? "bash: all of them"
same "bash: files" "$(complete_bash assay json a)" "a file.takes"
same "bash: files after an option that takes one" "$(complete_bash assay json --in be)" beta.takes
same "bash: also with =" "$(complete_bash assay json --in = be)" beta.takes
same "bash: shells" "$(complete_bash assay completion z)" zsh
same "bash: help of a tool" "$(complete_bash assay help js)" json
bash -n bash.completion
is $? "bash: syntax"
if [ -x "$build/bin/assay-render" ]; then
	same "bash: choices" "$(complete_bash assay render --isa av | tr '\n' ' ')" "avx2 avx512 "
	same "bash: choices with =" "$(complete_bash assay render --isa = sc)" scalar
fi
if [ -x "$build/bin/assay-bank" ]; then
	same "bash: verbs" "$(complete_bash assay bank rec)" recall
fi

if command -v zsh >/dev/null; then
	zsh -n zsh.completion 2>err
	is $? "zsh: syntax"
	mkdir zfun && cp zsh.completion zfun/_assay
	zsh -f -c 'fpath=('"$tmp"'/zfun $fpath); autoload -U compinit; compinit -u -d '"$tmp"'/dump; [[ $_comps[assay] == _assay ]]' 2>err
	is $? "zsh: compinit takes it for assay"
	# Completing for real needs a terminal: zpty is one.
	cat >drive.zsh <<-'END'
		zmodload zsh/zpty
		zpty -b z zsh -f -i
		send() { zpty -w z "$1" }
		wait_for() {
			local all= chunk; integer k=0
			while (( k++ < 200 )); do
				while zpty -r -t z chunk; do all+=$chunk; done
				[[ $all == ${~1} ]] && return 0
				sleep 0.02
			done
			print -r -- "$all"; return 1
		}
		send "PS1='>'; fpath=($1 \$fpath); autoload -U compinit; compinit -u -d $2; print rea''dy"
		wait_for '*ready*' || exit 1
		zpty -n -w z $'assay jso\t --dat\t'
		# escape sequences stand between
		wait_for '*json*--data*' || exit 1
	END
	zsh -f drive.zsh "$tmp/zfun" "$tmp/dump" >err 2>&1
	is $? "zsh: completes a tool and an option"
else
	skip "zsh" "not installed"
fi

if command -v fish >/dev/null; then
	export HOME="$tmp"
	complete_fish() { fish -N -c "source fish.completion; complete -C '$1'" | cut -f1; }
	fish -n fish.completion 2>err
	is $? "fish: syntax"
	same "fish: tools" "$(complete_fish 'assay jso')" json
	same "fish: options" "$(complete_fish 'assay json --dat')" --data
	same "fish: files" "$(complete_fish 'assay json --in be')" beta.takes
	same "fish: shells" "$(complete_fish 'assay completion z')" zsh
	[ -x "$build/bin/assay-render" ] && same "fish: choices" "$(complete_fish 'assay render --isa sc')" scalar
else
	skip "fish" "not installed"
fi
finish
