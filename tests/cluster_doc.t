#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# doc/cluster.md, typed on one machine that is all of the cluster's.
. "$(dirname "$0")/tap.sh"
. "$here/tests/typed.sh"
head=127.0.0.1
export head
typed "$here/doc/cluster.md" head
finish
