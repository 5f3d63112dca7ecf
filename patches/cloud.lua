-- SPDX-License-Identifier: GPL-3.0-or-later
-- Cloud: grains of a voice that every assay makes by itself; put a file of your own in its place. position and scan
-- are where in it, spray, size and density the grains, pitch_spread how far they stray.
local dust = grains{file = "made:voice", position = open{0, 0.9, value = 0.4}, scan = open{-0.3, 0.3, value = 0.05}, spray = open{0.01, 0.5, log = true, value = 0.15}, size = open{0.03, 0.25, log = true, value = 0.14},
	density = open{6, 30, log = true, value = 16}, pitch_spread = open{0, 0.4, name = "pitch_spread", value = 0.08}, pan_spread = open{0.2, 1, value = 0.8}, reverse = open{0, 1, value = 0.3}}
local env = adsr{attack = open{0.05, 1.5, log = true, value = 0.4}, decay = 1, sustain = 0.85, release = open{0.3, 3, log = true, value = 1}}
return onepole{dust, cutoff = open{1000, 12000, log = true, name = "tone", value = 5000}}.low * env * note.velocity * open{0.15, 0.9, log = true, name = "level", value = 0.6}
	>> voices() >> hall{mix = open{0.1, 0.6, name = "room", value = 0.35}, decay = open{1.5, 8, log = true, name = "room_decay", value = 3.5}},
	phrase{beats = 4, tail = 2, notes = {{0, 3.5, 55, 0.8}, {0, 3.5, 62, 0.8}}}
