-- SPDX-License-Identifier: GPL-3.0-or-later
-- Tom: a tuned skin, its upper mode, and the stick.
local strike = use "techniques.strike"
local skin = strike.skin{name = "skin", tune = {-30, 0, -15}, drop = {0, 24, 6}, decay = {0.1, 1.5, 0.45}, fall = 0.08}
local mode = strike.skin{name = "mode", tune = {-20, 14, -7}, drop = {0, 12, 4}, decay = {0.05, 0.6, 0.15}}
local stick = strike.band{name = "stick", cutoff = {400, 8000, 1800}, decay = {0.004, 0.1, 0.02}}
return strike.out(skin * open{0.3, 1, name = "skin_level", value = 0.8} + mode * open{0, 0.6, name = "mode_level", value = 0.2}
	+ stick * open{0, 0.8, name = "stick_level", value = 0.2})
