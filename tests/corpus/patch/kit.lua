local k = sine{pitch = note.pitch - 24 + 30 * decay{decay = 0.05}} * decay{decay = open{0.05, 1, log = true}}
return kit{kick = k, hat = part{noise{} * decay{decay = 0.04}, gain = 0.5}},
	phrase{tempo = 140, beats = 4, tail = 0.25, notes = {{0, 1, 60, 1, "kick"}, {0.5, 0.5, 60, 0.7, "hat"}, {1, 1, 60, 0.9, 2}}}
