-- SPDX-License-Identifier: GPL-3.0-or-later
-- Hall pad: soft triangles and a breath of noise that swell into a large hall. bloom opens the filter as a note
-- grows, air is the noise, room, size and damping are the hall's.
local env = dahdsr{attack = open{0.1, 2, log = true, value = 0.6}, attack_curve = 0, decay = 1, sustain = 0.8, release = open{0.3, 3, log = true, value = 1}}
local apart = open{2, 14, name = "detune", value = 6}
local body = triangle{detune = apart, random = 1} + triangle{detune = 0 - apart, random = 1} + saw{pitch = note.pitch + 12, random = 1} * open{0, 0.4, name = "octave", value = 0.15}
local air = noise{colour = "pink"} * open{0, 0.3, name = "air", value = 0.08}
return svf{body * 0.5 + air, cutoff = open{300, 4000, log = true, value = 900} * 2 ^ (env * open{0, 2.5, name = "bloom", value = 1}), resonance = open{0, 0.4, value = 0.1}}.low
	* env * note.velocity * open{0.1, 0.6, log = true, name = "level", value = 0.45}
	>> voices() >> hall{decay = open{1.5, 10, log = true, name = "room_decay", value = 4}, damping = open{2000, 12000, log = true, name = "damping", value = 5000},
		mix = open{0.15, 0.7, name = "room", value = 0.45}, size = open{"chamber", "hall", "cathedral", name = "size", value = "hall"}},
	phrase{beats = 4, tail = 2.5, notes = {{0, 3, 50, 0.8}, {0, 3, 57, 0.8}, {0, 3, 65, 0.8}}}
