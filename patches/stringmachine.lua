-- SPDX-License-Identifier: GPL-3.0-or-later
-- String machine: every key a saw and its octave, one slow envelope, and the ensemble that makes it many.
-- octave is the violin tab, tone the filter, depth and shimmer the ensemble's swings, phase a slow phaser behind.
local env = adsr{attack = open{0.02, 1, log = true, value = 0.15}, decay = 1, sustain = 0.9, release = open{0.1, 2, log = true, value = 0.5}}
local body = saw{random = 1} * open{0.2, 0.6, name = "cello", value = 0.4} + saw{pitch = note.pitch + 12, random = 1} * open{0, 0.5, name = "octave", value = 0.3}
local thin = onepole{body, cutoff = open{60, 500, log = true, name = "low_cut", value = 150}}.high
return onepole{thin, cutoff = open{1000, 12000, log = true, name = "tone", value = 4000}}.low
	* env * note.velocity * open{0.1, 0.5, log = true, name = "level", value = 0.4}
	>> voices() >> ensemble{depth = open{0.6, 4, name = "depth", value = 1.8}, shimmer = open{0.02, 0.4, name = "shimmer", value = 0.15}, mix = open{0.5, 1, name = "ensemble", value = 0.9}}
	>> phaser{rate = open{0.05, 1, log = true, name = "phase_rate", value = 0.15}, depth = 1.2, mix = open{0, 0.5, name = "phase", value = 0.15}},
	phrase{beats = 4, tail = 1.5, notes = {{0, 3.5, 52, 0.8}, {0, 3.5, 59, 0.8}, {0, 3.5, 67, 0.8}}}
