-- SPDX-License-Identifier: GPL-3.0-or-later
-- FM keys: two pairs of sines, one for the body and one for the bell of the hammer.
local touch = note.velocity
local function pair(ratio, index, fall, name)
	local modulator = sine{pitch = note.pitch + ratio} * decay{attack = 0, decay = open{fall / 4, fall * 4, log = true, name = name .. "_fall", value = fall}}
	return sine{pitch = note.pitch, phase = modulator * (touch * open{0, index, name = name, value = index / 3}), random = 0.2}
end
local env = adsr{attack = open{0.001, 0.02, log = true, value = 0.002}, decay = open{0.3, 4, log = true, value = 1.5}, sustain = open{0, 0.6, value = 0.15}, release = open{0.05, 1, log = true, value = 0.2}}
local sound = pair(0, 0.6, 0.8, "body") * 0.6 + pair(open{24, 48, name = "bell_ratio", value = 45.7}, 0.5, 0.15, "bell") * open{0, 0.5, name = "bell_level", value = 0.25}
return sound * env * touch * open{0.1, 0.7, log = true, name = "level", value = 0.5}
	>> voices() >> chorus{mix = open{0, 0.5, name = "chorus", value = 0.25}} >> plate{mix = open{0, 0.3, name = "room", value = 0.1}}
