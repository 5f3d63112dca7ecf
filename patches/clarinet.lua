-- SPDX-License-Identifier: GPL-3.0-or-later
-- Clarinet: a reed on a closed pipe, hollow below and reedier as it is blown. breath is how hard, reed how stiff,
-- bell the brightness; vibrato comes late, as on a record of the thirties.
local press = adsr{attack = open{0.02, 0.15, log = true, name = "attack", value = 0.04}, decay = 0.4, sustain = 0.92, release = open{0.04, 0.3, log = true, name = "release", value = 0.08}}
local late = dahdsr{delay = 0.3, attack = 0.4, sustain = 1}
local pipe = reed{pitch = note.pitch, breath = press * open{0.6, 0.9, name = "breath", value = 0.72}, stiffness = open{0.25, 0.7, name = "reed", value = 0.5}, brightness = open{0.2, 0.8, name = "bell", value = 0.45},
	noise = open{0.02, 0.3, name = "air", value = 0.08}, vibrato = late * open{0, 0.5, name = "vibrato", value = 0.15}, rate = open{4, 6.5, name = "vibrato_rate", value = 5.2}}
local wood = svf{pipe, cutoff = open{1200, 8000, log = true, name = "tone", value = 3500}, resonance = 0.1}.low
return wood * press * (0.5 + 0.5 * note.velocity) * open{0.1, 0.7, log = true, name = "level", value = 0.5}
	>> voices() >> plate{mix = open{0, 0.35, name = "room", value = 0.12}, size = "small"},
	phrase{beats = 4, tail = 0.8, notes = {{0, 0.45, 50, 0.8}, {0.5, 0.45, 57, 0.8}, {1, 0.9, 62, 0.9}, {2, 1.8, 65, 0.8}}}
