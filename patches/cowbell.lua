-- SPDX-License-Identifier: GPL-3.0-or-later
-- Cow bell: two squares that do not belong together through a band-pass, a stroke and a ring. interval is how far apart
-- they are (6.6 is the TR-808's), colour the band, strike how much louder its first moment is.
local strike = use "techniques.strike"
local tune = note.pitch + open{7, 20, name = "tune", value = 12.4}
local width = open{0.3, 0.5, name = "width", value = 0.5}
local pair = square{pitch = tune, width = width, random = 1}
	+ square{pitch = tune + open{4, 9, name = "interval", value = 6.6}, width = width, random = 1}
local metal = ringmod{pair * 0.5, frequency = open{300, 3000, log = true, name = "metal_frequency", value = 850},
	mix = open{0, 0.5, name = "metal", value = 0}}
local stroke = decay{attack = 0, decay = 0.02} * open{0.2, 1, name = "strike", value = 0.6}
local ring = decay{attack = 0.0005, decay = open{0.08, 1.2, log = true, name = "decay", value = 0.4},
	curve = open{4, 10, name = "curve", value = 7}}
local band = svf{metal, cutoff = open{700, 4000, log = true, name = "colour", value = 1600},
	resonance = open{0, 0.4, name = "focus", value = 0.15}}
return strike.out((band.band + metal * 0.15) * (stroke + ring * 0.8), {drive = 2, most = 0.7})
