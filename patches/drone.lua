-- SPDX-License-Identifier: GPL-3.0-or-later
-- Drone: a fifth of slow waves, each on a walk of its own, through strings that ring along. drift is how far they
-- walk, motion how fast, strings and chord the resonator; made to be held.
local motion = open{0.05, 1.5, log = true, name = "motion", value = 0.3}
local drift = open{0.01, 0.25, log = true, name = "drift", value = 0.06}
local function wave(up, level)
	local move = walk{rate = motion}
	return pan{phasedist{pitch = note.pitch - 24 + up + move * drift, shape = "saw", amount = 0.4 + 0.3 * move, random = 1} * level, pan = walk{rate = motion} * 0.8}
end
local body = wave(0, 0.5) + wave(7, open{0, 0.5, name = "fifth", value = 0.3}) + wave(12, open{0, 0.5, name = "octave", value = 0.25})
local env = adsr{attack = open{0.1, 2, log = true, value = 0.6}, decay = 1, sustain = 1, release = open{0.3, 3, log = true, value = 1.2}}
return svf{body, cutoff = open{200, 3000, log = true, value = 800} * 2 ^ (walk{rate = motion} * open{0, 1.5, name = "sway", value = 0.7}), resonance = open{0, 0.6, value = 0.2}}.low
	* env * note.velocity * open{0.15, 0.9, log = true, name = "level", value = 0.65}
	>> voices() >> resonator{pitch = 48, chord = open{"octaves", "fifths", name = "chord", value = "fifths"}, decay = open{0.5, 6, log = true, name = "strings_decay", value = 2}, mix = open{0, 0.5, name = "strings", value = 0.25}},
	phrase{beats = 8, tail = 2, notes = {{0, 8, 60, 0.8}}}
