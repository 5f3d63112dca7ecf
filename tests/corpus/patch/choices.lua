return shaper{noise{colour = open{"white", "pink"}}, shape = open{"hard", "fold", name = "curve", value = "fold"}} * adsr{}
