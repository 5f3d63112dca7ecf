-- SPDX-License-Identifier: GPL-3.0-or-later
-- Riddle: one held note becomes a line: steps, brought to a scale, in bent waves whose brightness steps too.
local rate = 4
local function row(name, range, values, order, glide)
	local knobs = {count = #values, rate = rate, order = order, glide = glide}
	for k, v in ipairs(values) do
		knobs["step" .. k] = open{range[1], range[2], name = name .. k, value = v}
	end
	return steps(knobs)
end
local line = quantise{note.pitch + row("tone", {-12, 12}, {0, 7, 12, 3, 0, 10, 5, -5}, "forward", 0),
	scale = "minor pentatonic", root = 9}
local bright = row("bright", {0, 1}, {0.7, 0.3, 0.5, 0.9, 0.2}, "forward", 0.2)
-- one pluck to the step: up in no time, down by the next
local pluck = mseg{count = 2, level1 = 1, time1 = 0.002, level2 = 0, time2 = 60 / transport.tempo / rate - 0.002, curve2 = open{1, 8, name = "pluck", value = 4},
	loop_to = 2}
local env = adsr{attack = 0.001, decay = 0.1, sustain = 1, release = open{0.02, 0.5, log = true, value = 0.08}}
local voice = phasedist{pitch = slew{line, rise = open{0, 0.01, name = "slide", value = 0.0005}, fall = 0.0005}, shape = "resonant saw",
	amount = bright * open{0.3, 1, name = "colour", value = 0.75}}
return voice * pluck * env * note.velocity * open{0.1, 0.5, log = true, name = "level", value = 0.4}
	>> voices() >> delay{time = open{0.1, 0.6, name = "echo_time", value = 0.375}, feedback = open{0, 0.6, name = "echo_feedback", value = 0.35}, mix = open{0, 0.4, name = "echo", value = 0.25}, mode = "ping-pong"},
	phrase{beats = 4, tail = 1.5, notes = {{0, 4, 57, 0.8}}}
