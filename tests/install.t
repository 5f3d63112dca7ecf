#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make install, and the copy at work where it lies; what the Makefile's head promises.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
unset ASSAY_BANK MAKEFLAGS MFLAGS BUILD
# What is built is installed as it is, also from a build with other flags.
make -s -C "$here" -o all BUILD="$build" install DESTDIR="$tmp/root" PREFIX=/usr >out 2>err
is $? "make install DESTDIR PREFIX"
usr=$tmp/root/usr
for d in "$here"/tools/*/; do
	name=$(basename "$d")
	[ "$name" = assay ] || name=assay-$name
	[ -x "$usr/bin/$name" ] && cmp -s "$usr/share/man/man1/$name.1" "$d$(basename "$d").1" || echo "$name"
done >err
for p in match explore demo; do
	[ -x "$usr/bin/assay-$p" ] && cmp -s "$usr/share/man/man1/assay-$p.1" "$here/pipelines/$p.1" || echo "assay-$p"
done >>err
[ ! -s err ]
is $? "every tool and pipeline with its page"
grep -q '^\.Ss svf$' "$usr/share/man/man7/assay-modules.7"
is $? "and the page of all modules"
bash -n "$usr/share/bash-completion/completions/assay" && grep -q match "$usr/share/bash-completion/completions/assay"
is $? "completions for bash"
[ -s "$usr/share/zsh/site-functions/_assay" ] && [ -s "$usr/share/fish/vendor_completions.d/assay.fish" ]
is $? "for zsh and fish"
! grep -rl "$tmp" "$usr/share" >err
is $? "no path of this machine in what is shared"

# Moved elsewhere, with nothing else on PATH, it uses its own tools and patches.
mv "$usr" moved
cat >moved/share/assay/patches/mine.lua <<'END'
return sine{pitch = open{30, 90, name = "tune"}} * decay{} >> voices()
END
i="env -i PATH=/usr/bin:/bin HOME=$tmp $tmp/moved/bin/assay"
same "the copy has a library" "$($i patch mine --params | awk '{ print $1 }')" tune
same "its assay lists the pipelines" "$($i | grep -cE '^ +(match|explore|demo) ')" 3
$i match --help >out 2>err && grep -q '^example: ' out
is $? "assay match --help"
env -i PATH=/usr/bin:/bin "$tmp/moved/bin/assay-match" --help 2>err | cmp -s - out
is $? "assay-match --help is the same"
loop=/usr/share/sonic-pi/samples/loop_amen.flac
if [ -r $loop ]; then
	$i match --budget 8 --whole 0 --kinds 2 --instruments mine --baseline none --out found $loop >out 2>err
	is $? "assay match"
	[ -s found/loop_amen-again.wav ]
	is $? "leaves the loop again"
else
	skip "assay match" "no loops: apt-get install sonic-pi-samples"
fi

# --- the Makefile, without building ------------------------------------------------------
mkdir source
(cd "$here" && tar -cf - --exclude=./build --exclude='./build-*' --exclude=./config.mak --exclude=./.git .) | tar -xf - -C source
for target in $(sed -n 's/^#   make \{1,\}\([a-z]*\).*/\1/p' source/Makefile) all tests benches; do
	case $target in
	build) target=all ;;
	esac
	make -C source -n "$target" >out 2>err || echo "$target"
done >bad
[ ! -s bad ]
is $? "every target of its head is there: $(tr '\n' ' ' <bad)"
make -C source -n lib/none >out 2>&1
[ $? -ne 0 ]
is $? "and none that is not"
commands() { make -C source -n "$@" 2>/dev/null; }
commands all | grep -E 'lib/base/err\.c$' | grep -q -- '-std=gnu17 .*-O2 '
is $? "-O2 unless told"
printf 'OPT = -O1\nPREFIX = /opt/here\n' >source/config.mak
commands all | grep -E 'lib/base/err\.c$' | grep -q -- '-std=gnu17 .*-O1 '
is $? "config.mak sets OPT"
commands install | grep -q /opt/here/bin
is $? "and PREFIX"
commands SANITIZE=address,undefined all | grep -E 'lib/base/err\.c$' | grep -q -- '-fsanitize=address,undefined .* -o build-address-undefined/lib/base/err.o'
is $? "SANITIZE builds in a folder of its own"
mkdir -p source/build/x source/build-address-undefined/y
make -s -C source clean >out 2>err && [ ! -e source/build ] && [ ! -e source/build-address-undefined ] && [ -e source/config.mak ]
is $? "make clean removes both, and nothing else"
finish
