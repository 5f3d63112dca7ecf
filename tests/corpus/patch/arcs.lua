return saw{detune = open{-10, 10, name = "d"}, phase = pin(0.25, {name = "p"})}, phrase{arcs = {d = {{0, -10}, {2, 10}}}}, {rate = 44100, seed = 9}
