-- SPDX-License-Identifier: GPL-3.0-or-later
-- String: plucked by the model of one, with the body of its box and a little room.
local string = pluck{decay = open{0.3, 8, value = 2.5}, brightness = open{0.1, 0.9, value = 0.5}, position = open{0.05, 0.5, value = 0.2}}
local box = svf{string, cutoff = open{80, 600, name = "box_tone", value = 180}, resonance = 0.2}.band * open{0, 1, name = "box", value = 0.4}
local hand = adsr{attack = 0, decay = 1, sustain = 1, release = open{0.02, 1, log = true, value = 0.2}}
return (string + box) * hand * note.velocity * open{0.1, 0.6, log = true, name = "level", value = 0.45}
	>> voices() >> plate{mix = open{0, 0.3, name = "room", value = 0.08}}
