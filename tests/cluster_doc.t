#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# doc/cluster.md, typed on one machine that is all of the cluster's.
. "$(dirname "$0")/tap.sh"
. "$here/tests/typed.sh"
head=127.1.$(($$ / 256 % 256)).$(($$ % 254 + 1)) # whose port 5555 nobody else has
export head
typed "$here/doc/cluster.md" head
finish
