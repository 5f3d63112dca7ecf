-- SPDX-License-Identifier: GPL-3.0-or-later
-- Hand clap: a few bursts close together, then the room.
local strike = use "techniques.strike"
local bursts = 0.5 - 0.5 * lfo{rate = open{60, 180, name = "rate", value = 95}, shape = "saw"}
local hands = bursts * decay{attack = 0, hold = open{0.005, 0.04, name = "hold", value = 0.025}, decay = 0.012}
local room = decay{attack = 0.01, decay = open{0.05, 0.8, log = true, name = "decay", value = 0.2}}
local envelope = hands + room * open{0, 1, name = "room", value = 0.5}
local cutoff, focus = open{500, 5000, name = "cutoff", value = 1400}, open{0.1, 0.6, name = "focus", value = 0.25}
local band = svf{noise{}, cutoff = cutoff, resonance = focus}.band * (60 * cutoff ^ -0.5 * 2 ^ (focus * -3.3))
local air = svf{noise{}, cutoff = open{3000, 14000, name = "air_cutoff", value = 7000}}.high * open{0, 0.5, name = "air", value = 0.1}
return strike.out((band + air) * envelope)
