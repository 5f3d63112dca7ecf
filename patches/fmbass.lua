-- SPDX-License-Identifier: GPL-3.0-or-later
-- FM bass: two operators in a row strike the third and let go fast. bite is the stroke, growl what stays of it,
-- punch how fast it goes, metal the ratio of the second to the first, from hollow to clang.
local fall = decay{attack = 0.001, decay = open{0.04, 0.8, log = true, name = "punch", value = 0.18}, curve = 6}
local touch = note.velocity
local env = adsr{attack = open{0.001, 0.03, log = true, value = 0.002}, decay = open{0.2, 2, log = true, value = 0.7}, sustain = open{0.1, 0.9, value = 0.5},
	release = open{0.03, 0.4, log = true, value = 0.08}}
local bass = fm3{pitch = note.pitch - 24, algorithm = "3>2>1",
	level2 = fall * touch * open{0.05, 0.6, log = true, name = "bite", value = 0.3} + open{0, 0.25, name = "growl", value = 0.08},
	ratio3 = choose{1, 2, 3, 0.5, 5, index = open{0, 4.9, name = "metal", value = 1}}, level3 = fall * open{0, 0.3, name = "edge", value = 0.1},
	feedback = open{0, 1, value = 0.3}}
return bass * env * touch * open{0.1, 0.9, log = true, name = "level", value = 0.65}
