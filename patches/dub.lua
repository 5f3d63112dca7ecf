-- SPDX-License-Identifier: GPL-3.0-or-later
-- Dub stab: a minor chord in one key, a filter that snaps shut, and a tape echo that goes on by itself. colour
-- bends the chord from triad to ninth, snap is the filter, echo, echo_feedback and wow the tape.
local env = decay{attack = 0.002, decay = open{0.08, 0.6, log = true, name = "decay", value = 0.22}}
local colour = open{0, 1, name = "colour", value = 0.6}
local pitch = note.pitch - 12
local chord = saw{pitch = pitch, random = 1} + saw{pitch = pitch + 3, random = 1} + saw{pitch = pitch + 7, random = 1} + saw{pitch = pitch + 10, random = 1} * colour + saw{pitch = pitch + 14, random = 1} * (colour * 0.7)
return ladder{chord * 0.25, cutoff = open{200, 2000, log = true, value = 550} * 2 ^ (env * open{0.5, 3, name = "snap", value = 1.8}), resonance = open{0, 0.7, value = 0.3}, drive = open{0, 15, value = 6}}
	* env * note.velocity * open{0.4, 2.4, log = true, name = "level", value = 1.6}
	>> voices() >> tape{sync = open{"1/8D", "1/4", "1/4T", "1/8", name = "echo_time"}, feedback = open{0.3, 0.9, name = "echo_feedback", value = 0.65}, mix = open{0.15, 0.5, name = "echo", value = 0.35},
		high_cut = open{1200, 6000, log = true, name = "echo_tone", value = 2800}, wow = open{0, 15, name = "wow", value = 5}},
	phrase{beats = 4, tail = 2, tempo = 122, notes = {{0.5, 0.25, 60, 0.9}, {2.25, 0.25, 60, 0.7}}}
