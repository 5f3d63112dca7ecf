-- SPDX-License-Identifier: GPL-3.0-or-later
-- Tines: four operators in two pairs, as an electric piano of the eighties: the tone and the tine that is struck.
local touch = note.velocity
local tone = decay{attack = 0.001, decay = open{0.5, 6, log = true, name = "tone_fall", value = 2.5}, curve = 6}
local tine = decay{attack = 0.001, decay = open{0.05, 1.5, log = true, name = "tine_fall", value = 0.35}, curve = 8}
local env = adsr{attack = 0.001, decay = open{0.6, 6, log = true, name = "decay", value = 3}, sustain = 0, release = open{0.05, 0.6, log = true, value = 0.15}}
local piano = fm4{algorithm = "4>3 2>1",
	level1 = 1, ratio2 = 1, level2 = tone * touch * open{0.02, 0.5, log = true, name = "body", value = 0.14},
	level3 = open{0.1, 0.9, name = "bell_level", value = 0.5}, ratio4 = open{7, 15, name = "bell_ratio", value = 14},
	level4 = tine * touch ^ 2 * open{0.02, 0.5, log = true, name = "bell", value = 0.16}, feedback = open{0, 1, value = 0.1}}
return piano * env * touch * open{0.1, 1, log = true, name = "level", value = 0.62}
	>> voices() >> chorus{mix = open{0, 0.5, name = "chorus", value = 0.3}} >> plate{mix = open{0, 0.3, name = "room", value = 0.1}}
