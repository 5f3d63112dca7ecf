#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# kill -9, again and again, of workers, of the queue, of both: what comes out is what would have come out.
. "$(dirname "$0")/cluster.sh"
takes "$(dose 480 6000)" >in
assay render -q <in >want
stage='render --threads 1 | faulty sleep 0.015'
quick='--beat 0.2'

# --- nothing is killed: what the others are compared with -------------------------------------
keep q assay queue $quick "$queue"
keep w1 assay work --jobs 2 "$queue" -- "$stage"
keep w2 assay work --jobs 2 "$queue" -- "$stage"
up 2
farm "nobody is killed" in want

# --- workers ---------------------------------------------------------------------------------
kill_every 0.15 w1 w2
farm "workers are killed every 150 ms" in want
calm
echo "# $(cat kills) kills; the queue counted $(status '.services[0] | "\(.vanished) vanished, \(.failed) failed, \(.poisoned) given up"'), $(status .twice) results twice"
up 2
is $? "both workers are there again"

# --- the queue -------------------------------------------------------------------------------
kill_every 0.3 q
farm "the queue is killed every 300 ms" in want
calm
echo "# $(cat kills) kills"
up 2
is $? "the workers came back by themselves"

# --- both ------------------------------------------------------------------------------------
kill_every 0.15 w1 q w2
farm "all of them are" in want
calm
echo "# $(cat kills) kills"
up 2
is $? "and all are there again"

# --- what is left behind -----------------------------------------------------------------------
# A worker that is killed leaves no copies of its pipeline, not even those that hang.
start w3 assay work --service hung --jobs 2 "$queue" -- 'faulty hang | faulty spin'
up 3
(timeout 1 assay farm --no-queue --service hung "$queue" <in >/dev/null 2>&1)
[ -n "$(ours_like 'faulty hang')" ]
is $? "a stage hangs"
end w3 KILL
gone() { [ -z "$(ours_like 'faulty hang')" ]; }
wait_for 5 "the hung stage" gone
is $? "and does not survive its worker"
finish
