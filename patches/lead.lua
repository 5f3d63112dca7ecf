-- SPDX-License-Identifier: GPL-3.0-or-later
-- Lead: three saws side by side, vibrato that comes late, an echo.
local wide = use "techniques.wide"
local vibrato = lfo{rate = open{3, 8, name = "vibrato_rate", value = 5.5}, fade = 0.4} * open{0, 0.5, name = "vibrato", value = 0.12}
local cents = open{0, 30, name = "detune", value = 9}
local body = wide.unison(function(d) return saw{pitch = note.pitch + vibrato, detune = d, random = 1} end, cents)
local env = adsr{attack = open{0.002, 0.2, log = true, value = 0.01}, decay = open{0.1, 1, log = true, value = 0.3}, sustain = open{0.3, 1, value = 0.7}, release = open{0.05, 1, log = true, value = 0.2}}
return ladder{body * 0.4, cutoff = open{400, 12000, log = true, value = 3000} * 2 ^ (env * open{0, 3, name = "sweep", value = 1}), resonance = open{0, 0.8, value = 0.2}}
	* env * note.velocity * open{0.1, 1.2, log = true, name = "level", value = 1}
	>> voices() >> delay{time = open{0.1, 0.6, name = "echo_time", value = 0.375}, feedback = open{0, 0.6, name = "echo_feedback", value = 0.3}, mix = open{0, 0.35, name = "echo", value = 0.15}, mode = "ping-pong"}
