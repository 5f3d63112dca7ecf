-- SPDX-License-Identifier: GPL-3.0-or-later
-- Gong and bell plate: two banks of modes a little apart that beat, a mallet, and the shimmer that comes late, as in
-- large gongs. mallet is soft to hard, plate from bell to tam-tam, shimmer the late top, beating how far apart the banks are.
local strike = use "techniques.strike"
local hard = open{500, 6000, log = true, name = "mallet", value = 1600}
local mallet = svf{noise{}, cutoff = hard}.low * decay{attack = 0.001,
	decay = open{0.006, 0.06, log = true, name = "stroke", value = 0.02}}
local tune, ring = note.pitch + open{-24, 4, name = "tune", value = -10},
	open{1.5, 7, log = true, name = "decay", value = 4}
local shape, damp = open{1.05, 1.55, name = "plate", value = 1.28}, open{0.2, 1, name = "damping", value = 0.5}
local function bank(cents, position)
	return modal{mallet, pitch = tune + cents * 0.01, decay = ring, stretch = shape, damping = damp, tilt = -5,
		position = position}
end
local beating = open{2, 30, name = "beating", value = 9}
local late = decay{attack = open{0.15, 1.2, log = true, name = "shimmer_time", value = 0.5}, decay = 2.5, curve = 5}
local shimmer = fm2{pitch = tune + 31, ratio2 = 1.73, level2 = 0.9, random = 1} * late
	* open{0, 0.2, name = "shimmer", value = 0.06}
local side = pan{bank(0, 0.21), pan = -0.5} + pan{bank(beating, 0.33), pan = 0.5}
	+ pan{svf{shimmer, cutoff = 2500}.high, pan = 0}
return strike.bus(side * (0.8 * note.velocity) >> voices(), {drive = 3}),
	phrase{tempo = 60, beats = 3, tail = 2.5, notes = {{0, 2, 60, 1}}}
