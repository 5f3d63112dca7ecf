-- SPDX-License-Identifier: GPL-3.0-or-later
-- Small percussion, from wood to glass: four modes of a struck bar, and the stroke.
local strike = use "techniques.strike"
local tune = note.pitch + open{-12, 36, name = "tune", value = 12}
local length = open{0.03, 1.5, log = true, name = "decay", value = 0.25}
local spread, damp = open{0.5, 1.5, name = "spread", value = 1}, open{0.2, 1, name = "damp", value = 0.6}
local sum
for i, ratio in ipairs{1, 2.756, 5.404, 8.933} do
	local above = 12 * math.log(ratio, 2)
	local mode = sine{pitch = tune + spread * above} * decay{attack = 0.0005, decay = length * damp ^ (i - 1)}
	local level = i == 1 and mode * 0.6 or mode * open{0, 0.5, name = "mode" .. i, value = 0.3 / i}
	sum = sum and sum + level or level
end
local stroke = strike.band{name = "stroke", cutoff = {800, 12000, 4000}, decay = {0.002, 0.06, 0.008}}
return strike.out(sum + stroke * open{0, 0.8, name = "stroke_level", value = 0.2})
