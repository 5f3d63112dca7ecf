-- SPDX-License-Identifier: GPL-3.0-or-later
-- Wind and sea: noise in bands that gusts or waves move, two sides that go their own ways. gust and speed are the motion,
-- howl the whistling, spray the high hiss, surf the low end.
local strike = use "techniques.strike"
local speed = open{0.15, 2, log = true, name = "speed", value = 0.5}
local base, reach = open{200, 1500, log = true, name = "cutoff", value = 500}, open{0.4, 2, name = "gust", value = 1.2}
local howl = open{0.1, 0.8, name = "howl", value = 0.45}
local env = adsr{attack = open{0.1, 2, log = true, value = 0.6}, decay = 0.3, sustain = 1,
	release = open{0.3, 3, log = true, value = 1}}
local surf, spray = open{0, 0.6, name = "surf", value = 0.25}, open{0, 0.35, name = "spray", value = 0.12}
local function side()
	local gust = walk{rate = speed, stride = 0.8}
	local swell = 0.65 + 0.35 * gust
	local whistle = svf{noise{colour = "pink"}, cutoff = base * 2 ^ (gust * reach), resonance = howl}.band
	local deep = svf{svf{noise{colour = "pink"}, cutoff = base * 0.5}.low, cutoff = 40}.high
	local hiss = svf{noise{}, cutoff = base * 8}.high
	return (whistle * 2 ^ (howl * -3.3) * 3 + deep * surf * 2 + hiss * spray * swell) * swell
end
return strike.bus(stereo{side(), side()} * (env * note.velocity) >> voices(), {drive = 3}),
	phrase{tempo = 60, beats = 5, tail = 1.5, notes = {{0, 4.5, 60, 0.9}}}
