-- SPDX-License-Identifier: GPL-3.0-or-later
-- House kick after the TR-909: a sine that drops in two stages, a click of noise and pulse. punch is the fast drop,
-- bend the slow one, tune where it comes to rest, tone how bright the attack is.
local strike = use "techniques.strike"
local length = open{0.12, 0.7, log = true, name = "decay", value = 0.32}
local body = sine{pitch = note.pitch + open{-32, -22, name = "tune", value = -27}
	+ decay{attack = 0, decay = open{0.01, 0.04, log = true, name = "punch_time", value = 0.018}}
		* open{6, 40, name = "punch", value = 22}
	+ decay{attack = 0, decay = open{0.06, 0.3, log = true, name = "bend_time", value = 0.13}}
		* open{2, 16, name = "bend", value = 9},
	phase = 0.25} * decay{attack = 0.0005, hold = open{0, 0.06, name = "hold", value = 0.02}, decay = length, curve = 5}
local tone = open{1500, 12000, log = true, name = "tone", value = 5000}
local click = svf{noise{}, cutoff = tone}.low * decay{attack = 0, decay = 0.012, curve = 10}
	* open{0, 0.6, name = "noise", value = 0.25}
local pulse = svf{sine{pitch = note.pitch + 30} * decay{attack = 0, decay = 0.006}, cutoff = tone}.low
	* open{0, 0.8, name = "click", value = 0.4}
return strike.out(body + click + pulse, {drive = 4, level = 0.6, most = 0.7})
