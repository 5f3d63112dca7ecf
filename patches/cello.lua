-- SPDX-License-Identifier: GPL-3.0-or-later
-- Cello: a bowed string in a box. bow is its speed, weight its pressure, point how near the bridge it is; swell is
-- how slowly it begins, box and box_tone the wood.
local arm = adsr{attack = open{0.04, 0.5, log = true, name = "swell", value = 0.12}, decay = 0.5, sustain = 0.85, release = open{0.08, 0.5, log = true, name = "release", value = 0.18}}
local finger = lfo{rate = open{4, 6.5, name = "vibrato_rate", value = 5.3}, fade = 0.5} * open{0, 0.35, name = "vibrato", value = 0.15}
local string = bowed{pitch = note.pitch - 12 + finger, speed = arm * open{0.3, 0.7, name = "bow", value = 0.5}, pressure = open{0.25, 0.75, name = "weight", value = 0.5},
	position = open{0.07, 0.2, name = "point", value = 0.12}, brightness = open{0.35, 0.85, value = 0.6}}
local wood = svf{string, cutoff = open{180, 500, log = true, name = "box_tone", value = 280}, resonance = 0.3}.band * open{0, 0.5, name = "box", value = 0.25}
return (string + wood) * arm * (0.5 + 0.5 * note.velocity) * open{0.15, 1, log = true, name = "level", value = 0.75}
	>> voices() >> plate{mix = open{0.05, 0.4, name = "room", value = 0.18}, decay = open{1, 4, log = true, name = "room_decay", value = 2}},
	phrase{beats = 4, tail = 1.2, notes = {{0, 1.9, 50, 0.8}, {2, 0.9, 57, 0.8}, {3, 0.9, 55, 0.8}}}
