-- SPDX-License-Identifier: GPL-3.0-or-later
-- Vinyl: crackle, pops, hiss and the motor of a worn record, to lay under anything. crackle and pops are how many a
-- second, dust how dull they are, hiss and hum what is always there, wear how uneven all of it is.
local strike = use "techniques.strike"
local wear = 1 + open{0, 0.7, name = "wear", value = 0.4} * walk{rate = 4}
local dull = open{2500, 11000, log = true, name = "dust", value = 6000}
local loud = strike.grit(open{3, 40, log = true, name = "crackle", value = 12})
local soft = strike.grit(open{20, 300, log = true, name = "dirt", value = 90})
local clicks = svf{loud * 1.6 + soft * 0.5, cutoff = dull, resonance = 0.2}
local pops = modal{strike.grit(open{0.3, 3, log = true, name = "pops", value = 1}), pitch = 64, decay = 0.05,
	stretch = 0.9, tilt = -8} * 2.5
local hiss = svf{noise{colour = "pink"}, cutoff = 1200}.high
	* open{0.005, 0.08, log = true, name = "hiss", value = 0.02} * wear
local hum = (sine{pitch = 34.0} + 0.3 * sine{pitch = 53.0}
	+ svf{noise{colour = "brown"}, cutoff = 60, resonance = 0.2}.band * 0.5)
	* open{0, 0.03, name = "hum", value = 0.008}
local env = adsr{attack = 0.02, decay = 0.1, sustain = 1, release = 0.1}
local both = pan{clicks.band + clicks.low * 0.3, pan = -0.15}
	+ pan{pops * open{0.2, 1, name = "pops_level", value = 0.6}, pan = 0.2}
	+ stereo{hiss + hum, svf{noise{colour = "pink"}, cutoff = 1200}.high * 0.02 + hum}
return strike.bus(both * (env * note.velocity) >> voices(), {drive = 3}),
	phrase{tempo = 100, beats = 8, tail = 0.2, notes = {{0, 8, 60, 1}}}
