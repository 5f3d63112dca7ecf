-- SPDX-License-Identifier: GPL-3.0-or-later
-- Anthem: a wall of seven saws that opens with each note, in a large room.
local env = dahdsr{attack = open{0.002, 0.3, log = true, value = 0.008}, hold = open{0, 0.2, name = "hold", value = 0.05},
	decay = open{0.1, 2, log = true, value = 0.6}, sustain = open{0.3, 1, value = 0.7}, release = open{0.1, 2, log = true, value = 0.4}}
local saws = supersaw{count = 7, spread = open{5, 70, name = "spread", value = 28}, mix = open{0.2, 1, name = "crowd", value = 0.75},
	width = open{0.2, 1, name = "width", value = 0.9}}
return svf{saws * 0.32 + square{pitch = note.pitch - 12, random = 1} * open{0, 0.3, name = "sub", value = 0.1},
	cutoff = open{800, 12000, log = true, value = 3500} * 2 ^ (env * open{0, 2.5, name = "sweep", value = 1}), resonance = open{0, 0.4, value = 0.1}}.low
	* env * note.velocity * open{0.1, 0.8, log = true, name = "level", value = 0.5}
	>> voices() >> plate{mix = open{0, 0.45, name = "room", value = 0.22}, decay = open{0.8, 6, name = "room_decay", value = 2.2}, size = "large"},
	phrase{beats = 4, tail = 2, notes = {{0, 1.5, 57, 0.8}, {0, 1.5, 64, 0.8}, {0, 1.5, 69, 0.8}, {2, 1.5, 55, 0.8}, {2, 1.5, 62, 0.8}, {2, 1.5, 71, 0.8}}}
