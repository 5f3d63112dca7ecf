-- SPDX-License-Identifier: GPL-3.0-or-later
-- What struck things are made of. Each function takes a name, which its open parameters carry.
local strike = {}

local function named(t, what) return t.name .. "_" .. what end

-- A skin: a sine that falls in pitch. tune and drop in semitones, decay in seconds: {least, most, usual}.
function strike.skin(t)
	local fall = decay{attack = 0, decay = open{0.005, 0.3, log = true, name = named(t, "fall"), value = t.fall or 0.04}}
	local ring = decay{attack = 0.001, decay = open{t.decay[1], t.decay[2], log = true, name = named(t, "decay"), value = t.decay[3]}}
	local pitch = note.pitch + open{t.tune[1], t.tune[2], name = named(t, "tune"), value = t.tune[3]}
	            + fall * open{t.drop[1], t.drop[2], name = named(t, "drop"), value = t.drop[3]}
	return sine{pitch = pitch, feedback = t.grit or 0} * ring
end

-- A band of noise, as loud at any cutoff and width. cutoff in Hz, decay in seconds: {least, most, usual}.
function strike.band(t)
	local cutoff = open{t.cutoff[1], t.cutoff[2], log = true, name = named(t, "cutoff"), value = t.cutoff[3]}
	local width = open{0, 0.6, name = named(t, "focus"), value = t.focus or 0.1}
	local burst = decay{attack = t.attack or 0.001,
		decay = open{t.decay[1], t.decay[2], log = true, name = named(t, "decay"), value = t.decay[3]}}
	local filter = svf{t[1] or noise{}, cutoff = cutoff, resonance = width}
	return filter[t.output or "band"] * (burst * (60 * cutoff ^ -0.5 * 2 ^ (width * -3.3)))
end

-- Six squares out of tune with each other, as in the TR-808: the metal of hats and cymbals.
function strike.metal(t)
	local tune = open{-12, 12, name = named(t, "tune"), value = 0}
	local sum
	for _, hz in ipairs{205.3, 304.4, 369.6, 522.7, 540, 800} do
		local partial = square{pitch = 69 + 12 * math.log(hz / 440, 2) + tune, random = 1}
		sum = sum and sum + partial or partial
	end
	return sum * 0.3
end

-- The end of every drum: a soft edge, the note's velocity, the level (most: what is driven hard overshoots the edge).
function strike.out(sound, t)
	t = t or {}
	return shaper{sound, drive = open{-6, 18, name = "drive", value = t.drive or 0}}
	     * (note.velocity * open{0.05, t.most or 0.8, log = true, name = "level", value = t.level or 0.7})
end

-- The same end for what has effects or rings into the next note: it stands after voices(), and the velocity before.
function strike.bus(sound, t)
	t = t or {}
	return limiter{shaper{sound, drive = open{-6, 12, name = "drive", value = t.drive or 0}}}
	     * open{0.1, 0.9, log = true, name = "level", value = t.level or 0.6}
end

-- Single samples of any height from 0 to 1, so many a second by chance: crackle, beads, rain. rate in Hz, at 48 kHz.
function strike.grit(rate)
	local above = rate * (1 / 24000) -- half of this share of all samples are above 1 - above
	return clip{(noise{} - 1 + above) / above, min = 0, max = 1}
end

return strike
