-- SPDX-License-Identifier: GPL-3.0-or-later
-- Surf guitar: a plucked string by the bridge, a little amplifier that trembles, a tank of springs. damp is the
-- palm of the hand, twang and spring the tank, tremolo the amplifier's.
local string = pluck{decay = open{0.6, 5, log = true, value = 2.2}, brightness = open{0.45, 0.95, value = 0.75}, position = open{0.06, 0.35, value = 0.12}, stiffness = open{0, 0.25, name = "stiffness", value = 0.04}}
local palm = adsr{attack = 0, decay = open{0.15, 3, log = true, name = "damp", value = 1.5}, sustain = 0.15, release = open{0.03, 0.4, log = true, value = 0.1}}
local pickup = svf{string, cutoff = open{1200, 5000, log = true, name = "pickup", value = 2600}, resonance = 0.25}
local amp = (pickup.low + pickup.band * 0.3) * palm * note.velocity >> voices()
return amp.left >> shaper{drive = open{-3, 18, name = "drive", value = 5}, shape = "soft"} >> tremolo{rate = open{3, 9, log = true, name = "tremolo_rate", value = 6}, depth = open{0, 0.7, name = "tremolo", value = 0.3}}
	>> spring{decay = open{1, 5, log = true, name = "spring_decay", value = 2.4}, twang = open{0.35, 0.7, name = "twang", value = 0.6}, mix = open{0.05, 0.45, name = "spring", value = 0.28}} >> gain{gain = open{-18, -3, name = "level", value = -4}},
	phrase{beats = 4, tail = 1.5, notes = {{0, 0.9, 52, 0.9}, {1, 0.45, 55, 0.8}, {1.5, 0.45, 57, 0.8}, {2, 1.8, 59, 1}}}
