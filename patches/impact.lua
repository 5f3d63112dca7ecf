-- SPDX-License-Identifier: GPL-3.0-or-later
-- Impact: a sub that falls away, a crack, debris, and a large hall behind them, as films and drops have it. sub, crack
-- and debris are its parts, room the hall, size how long all of it is.
local strike = use "techniques.strike"
local size = open{0.6, 1.8, log = true, name = "size", value = 1}
local sub = sine{pitch = note.pitch - 31 + decay{attack = 0, decay = 0.25 * size, curve = 6}
	* open{8, 36, name = "drop", value = 22}} * decay{attack = 0.001, hold = 0.05, decay = 1.4 * size, curve = 6}
local dirty = shaper{sub, shape = "asymmetric", drive = open{0, 18, name = "growl", value = 8}, level = -2}
local crack = noise{} * decay{attack = 0, decay = open{0.02, 0.15, log = true, name = "crack_decay", value = 0.06},
	curve = 9}
local debris = svf{strike.grit(1500) * 2 + noise{colour = "brown"}
	* 0.5, cutoff = open{300, 3000, log = true, name = "debris_cutoff", value = 900}, resonance = 0.2}.band
	* decay{attack = 0.02, decay = 1.2 * size, curve = 6}
local hit = (dirty * open{0.3, 1, name = "sub", value = 0.6}
	+ svf{crack, cutoff = open{1000, 9000, log = true, name = "tone", value = 3500}}.low
	* open{0.3, 2, name = "crack", value = 1}
	+ debris * open{0, 2, name = "debris", value = 0.8}) * note.velocity >> voices()
local room = hall{svf{hit, cutoff = 120}.high, decay = open{1.5, 8, log = true, name = "room_decay", value = 4},
	mix = 1, size = "cathedral", damping = 4000}
return strike.bus(hit + room * open{0.3, 2, name = "room", value = 1}, {drive = 3}),
	phrase{tempo = 60, beats = 2, tail = 3, notes = {{0, 1, 60, 1}}}
