-- SPDX-License-Identifier: GPL-3.0-or-later
-- Flute: a pipe that is blown across. breath is how hard, air how much of it is heard, chiff the start of a note,
-- vibrato comes late.
local press = adsr{attack = open{0.02, 0.15, log = true, name = "attack", value = 0.05}, decay = 0.3, sustain = 0.85, release = open{0.05, 0.3, log = true, name = "release", value = 0.1}}
local late = dahdsr{delay = 0.25, attack = 0.5, sustain = 1}
local chiff = decay{attack = 0.004, decay = 0.06} * open{0, 0.3, name = "chiff", value = 0.12}
local pipe = flute{pitch = note.pitch + 12, breath = press * (open{0.5, 0.8, name = "breath", value = 0.62}) + chiff, brightness = open{0.2, 0.7, value = 0.4}, noise = open{0.05, 0.5, name = "air", value = 0.2},
	vibrato = late * open{0, 0.6, name = "vibrato", value = 0.3}, rate = open{4, 6.5, name = "vibrato_rate", value = 5}}
return pipe * press * (0.4 + 0.6 * note.velocity) * open{0.1, 0.7, log = true, name = "level", value = 0.5}
	>> voices() >> plate{mix = open{0, 0.35, name = "room", value = 0.15}, decay = open{0.8, 4, log = true, name = "room_decay", value = 1.8}},
	phrase{beats = 4, tail = 1, notes = {{0, 0.9, 62, 0.8}, {1, 0.45, 65, 0.7}, {1.5, 0.45, 67, 0.8}, {2, 1.8, 69, 0.9}}}
