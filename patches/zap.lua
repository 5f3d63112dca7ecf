-- SPDX-License-Identifier: GPL-3.0-or-later
-- Laser and zap: a resonant wave that falls several octaves in a moment, with sync or FM to make it spit. dive is how far,
-- time how fast, bend the curve of the fall, spit the modulator, echo what follows.
local strike = use "techniques.strike"
local time = open{0.03, 0.6, log = true, name = "time", value = 0.18}
local fall = decay{attack = 0, decay = time, curve = open{1, 10, name = "bend", value = 5}}
local pitch = note.pitch + open{-24, 6, name = "tune", value = -12} + fall * open{18, 66, name = "dive", value = 44}
local tone = sine{pitch = pitch, feedback = open{0, 0.6, name = "edge", value = 0.2},
	phase = sine{pitch = pitch + open{5, 24, name = "interval", value = 12}}
	* open{0, 0.5, name = "spit", value = 0.15}}
local torn = sync{pitch = note.pitch - 12, ratio = clip{2 ^ (fall * open{1.5, 5, name = "tear", value = 3.5}),
	min = 1, max = 32}} * open{0, 0.5, name = "sync", value = 0.15}
local env = decay{attack = 0.0005, hold = time * 0.3, decay = time
	* open{0.6, 2, name = "length", value = 1.1}, curve = 5}
return strike.bus((tone * 0.7 + torn) * (env * note.velocity) >> voices()
	>> delay{time = open{0.05, 0.3, log = true, name = "echo_time", value = 0.12},
		feedback = open{0, 0.6, name = "echo_feedback", value = 0.35}, mix = open{0, 0.4, name = "echo", value = 0.15},
		mode = "ping-pong"}, {drive = 3})
