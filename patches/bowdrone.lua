-- SPDX-License-Identifier: GPL-3.0-or-later
-- Bowed drone: two strings under one slow bow, into a harp of six that ring along. bow and pressure are the player, brightness
-- the strings, harp the strings beside them, drift how far the tuning wanders.
local strike = use "techniques.strike"
local drift = open{0, 0.25, name = "drift", value = 0.06}
local env = adsr{attack = open{0.3, 2.5, log = true, value = 1}, decay = 0.5, sustain = 1,
	release = open{0.4, 3, log = true, value = 1.5}}
local speed = open{0.25, 0.7, name = "bow", value = 0.45} * (1 + 0.25 * walk{rate = 0.7}) * (0.4 + 0.6 * env)
local pressure, bright = open{0.3, 0.75, name = "pressure", value = 0.5},
	open{0.5, 0.95, name = "brightness", value = 0.85}
local function string(interval, pos)
	return bowed{pitch = note.pitch - 12 + interval + drift
		* walk{rate = 0.3}, speed = speed, pressure = pressure, position = pos, brightness = bright}
end
local pair = pan{string(0, 0.12), pan = -0.4} + pan{string(7.02, 0.16), pan = 0.4}
	* open{0, 0.8, name = "fifth", value = 0.5}
local harp = resonator{pair * (env * note.velocity)
	>> voices(), pitch = open{36, 60, name = "harp_tune", value = 48},
	chord = open{"octaves", "fifths", "major", "minor", name = "chord"},
	decay = open{1, 10, log = true, name = "harp_decay", value = 4},
		damping = open{0.02, 0.4, name = "damping", value = 0.1}, mix = open{0.1, 0.7, name = "harp", value = 0.4}}
return strike.bus(svf{harp, cutoff = open{1500, 12000, log = true, name = "tone", value = 6000}}.low, {drive = 3}),
	phrase{tempo = 60, beats = 5, tail = 2, notes = {{0, 4.5, 60, 0.8}}}
