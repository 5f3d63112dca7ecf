-- SPDX-License-Identifier: GPL-3.0-or-later
-- Kick drum: a low skin that falls, and the click of the beater.
local strike = use "techniques.strike"
local skin = strike.skin{name = "skin", tune = {-40, -18, -29}, drop = {0, 60, 30}, decay = {0.08, 1.2, 0.4},
	grit = open{0, 0.5, name = "skin_grit", value = 0.05}}
local click = strike.band{name = "click", cutoff = {500, 9000, 3000}, decay = {0.003, 0.05, 0.01}}
return strike.out(skin * open{0.3, 1, name = "skin_level", value = 0.9} + click * open{0, 0.8, name = "click_level", value = 0.2},
	{drive = 3})
