-- SPDX-License-Identifier: GPL-3.0-or-later
-- Drawbar organ: eight sines a key, a percussion that dies, a click as the contacts close, all through a rotary
-- cabinet. The bars are named by their feet; speed is the cabinet's lever, drive its valve.
local function bar(feet, most, value) return open{0, most, name = feet, value = value} end
local low = fm4{algorithm = "4 3 2 1", ratio1 = 0.5, ratio2 = 1, ratio3 = 1.5, ratio4 = 2,
	level1 = bar("bar16", 0.3, 0.25), level2 = bar("bar8", 0.4, 0.3), level3 = bar("bar5", 0.3, 0.2), level4 = bar("bar4", 0.25, 0.06)}
local high = fm4{algorithm = "4 3 2 1", ratio1 = 3, ratio2 = 4, ratio3 = 6, ratio4 = 8,
	level1 = bar("bar3", 0.2, 0.03), level2 = bar("bar2", 0.2, 0), level3 = bar("bar1_3", 0.15, 0), level4 = bar("bar1", 0.15, 0.03)}
local percussion = sine{pitch = note.pitch + 19.02} * decay{attack = 0.001, decay = open{0.1, 0.8, log = true, name = "percussion_decay", value = 0.3}}
	* open{0, 0.3, name = "percussion", value = 0.15}
local click = noise{} * decay{attack = 0, decay = 0.006} * open{0, 0.15, name = "click", value = 0.04}
local env = adsr{attack = 0.003, decay = 0.1, sustain = 1, release = 0.03}
local keys = (low + high + percussion + click) * env * open{0.1, 0.6, log = true, name = "level", value = 0.42} >> voices()
return keys.left >> shaper{drive = open{-6, 12, name = "drive", value = 2}}
	>> rotary{speed = open{0, 1, name = "speed", value = 1}, balance = open{0.3, 0.7, name = "balance", value = 0.5}} >> gain{gain = -1.5},
	phrase{beats = 4, tail = 0.6, notes = {{0, 1.8, 53}, {0, 1.8, 60}, {0, 1.8, 69}, {2, 1.8, 55}, {2, 1.8, 60}, {2, 1.8, 64}}}
