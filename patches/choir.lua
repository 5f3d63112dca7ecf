-- SPDX-License-Identifier: GPL-3.0-or-later
-- Choir: four formants that wander between two vowels, a to o by default, on a pitch that trembles late.
local vibrato = lfo{rate = open{4, 6.5, name = "vibrato_rate", value = 5.2}, fade = 0.6} * open{0, 0.5, name = "vibrato", value = 0.2}
local pitch = note.pitch + vibrato + walk{rate = 2, stride = 0.5} * open{0, 0.2, name = "drift", value = 0.06}
local vowel = 0.5 + 0.5 * walk{rate = open{0.2, 4, log = true, name = "vowel_rate", value = 0.8}, stride = 0.8}
local size = open{0.8, 1.3, name = "size", value = 1}
-- Hz of the two vowels, bandwidth, level: a tenor's, after the table of formants in the Csound manual
local sound
for k, f in ipairs{{650, 400, 90, 1}, {1080, 800, 110, 0.5}, {2650, 2600, 170, 0.25}, {2900, 2800, 200, 0.2}} do
	local grain = formant{pitch = pitch, formant = mix{f[1], f[2], t = vowel} * size, bandwidth = f[3], random = 0} * f[4]
	sound = sound and sound + grain or grain
end
local breath = svf{noise{colour = "pink"}, cutoff = 3000, resonance = 0.2}.band * open{0, 0.1, name = "breath", value = 0.02}
local env = adsr{attack = open{0.05, 0.8, log = true, value = 0.15}, decay = 1, sustain = 0.85, release = open{0.1, 1.5, log = true, value = 0.4}}
return (sound + breath) * env * note.velocity * open{0.1, 0.45, log = true, name = "level", value = 0.35}
	>> voices() >> chorus{mix = open{0, 0.6, name = "chorus", value = 0.4}} >> plate{mix = open{0.05, 0.5, name = "room", value = 0.3}, decay = open{1, 6, name = "room_decay", value = 2.5}, size = "large"},
	phrase{beats = 4, tail = 2, notes = {{0, 3.5, 50, 0.8}, {0, 3.5, 57, 0.8}, {0, 3.5, 62, 0.8}}}
