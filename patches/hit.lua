-- SPDX-License-Identifier: GPL-3.0-or-later
-- Any one-shot: two skins that fall and three bands of noise, each with a decay of its own,
-- under a ceiling where a recording ends. Made for matching.
local strike = use "techniques.strike"
local sound = strike.skin{name = "low", tune = {-40, 12, -22}, drop = {0, 48, 18}, decay = {0.02, 1.5, 0.25},
	grit = open{0, 0.8, name = "low_grit", value = 0.05}} * open{0, 1, name = "low_level", value = 0.5}
sound = sound + strike.skin{name = "high", tune = {-24, 48, 0}, drop = {0, 36, 6}, decay = {0.01, 1, 0.1},
	grit = open{0, 0.8, name = "high_grit", value = 0.05}} * open{0, 1, name = "high_level", value = 0.2}
local bands = {
	{name = "dull", cutoff = {80, 1500, 400}, decay = {0.005, 1.5, 0.1}, level = 0.2},
	{name = "mid", cutoff = {500, 6000, 2000}, decay = {0.005, 1.5, 0.12}, level = 0.25},
	{name = "bright", cutoff = {2500, 16000, 8000}, decay = {0.003, 1.5, 0.08}, level = 0.25},
}
for _, band in ipairs(bands) do
	band.attack = open{0, 0.03, name = band.name .. "_attack", value = 0.001}
	sound = sound + strike.band(band) * open{0, 1, name = band.name .. "_level", value = band.level}
end
sound = multimode{sound, cutoff = open{3000, 20000, name = "high_cut", value = 16000}, mode = "low", slope = "24"}
return strike.out(svf{sound, cutoff = open{15, 4000, name = "low_cut", value = 25}}.high)
