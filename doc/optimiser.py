#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# An optimiser on the pipe: it stands where `assay evolve` stands, and reads and writes takes as JSON Lines.
#     assay patch pluck | assay json >pluck.json; assay patch pluck --params --json >pluck.params; mkfifo loop
#     doc/optimiser.py pluck.json --params pluck.params --budget 500 --best best.json <loop | assay json -d | assay render |
#         assay score --like my.wav --drop-audio | assay json >loop
import argparse, json, math, os, queue, random, sys, threading

class Evolution:  # differential evolution (Storn and Price 1997) in [0, 1]^n that never waits: put yours here
    def __init__(self, start, seed, heard, size=20):  # heard(x, i): whether coordinate i has an effect at x
        self.start, self.size, self.random, self.heard = start, size, random.Random(seed), heard
        self.asked, self.members = 0, {}  # place: (fitness, point)

    def ask(self):  # a point, and what tell needs to know of it
        place, r = self.asked % self.size, self.random
        self.asked += 1
        if len(self.members) < 4 or place not in self.members:
            return self.start if self.asked == 1 else [r.random() for _ in self.start], place
        (_, x), (_, a), (_, b), (_, c) = [self.members[place]] + r.sample(list(self.members.values()), 3)
        one, f = r.randrange(len(x)), r.uniform(0.4, 0.9)
        y = [u + f * (v - w) if i == one or r.random() < 0.8 else own for i, (own, u, v, w) in enumerate(zip(x, a, b, c))]
        y = [abs(u) if u < 0 else 2 - u if u > 1 else u for u in y]
        for i in range(len(y)):  # of what had no effect nothing was learnt: it stays until it has one, then it is anywhere
            if not self.heard(y, i):
                y[i] = x[i]
            elif not self.heard(x, i):
                y[i] = r.random()
        return y, place

    def tell(self, point, place, fitness):  # None: it failed
        if fitness is not None and (place not in self.members or fitness >= self.members[place][0]):
            self.members[place] = fitness, point

def open_params(take):  # those that a curve in the phrase stands in for would not be heard
    curved = {(a.get("part", 0), a.get("param", 0)) for a in take["phrase"].get("arcs", [])}
    return [p for i, part in enumerate(take["parts"]) for k, p in enumerate(part["patch"].get("params", []))
            if p.get("open") and (i, k) not in curved]

def conditions(take, params, path):  # {place: (place of another, values of it with which this one is heard)}
    rows = [json.loads(line).get("where") for line in open(path)] if path else []
    every = [(part["patch"]["params"], p) for part in take["parts"] for p in part["patch"].get("params", [])]
    where = {id(p): (those[row["param"]], row["values"]) for (those, p), row in zip(every, rows) if row}
    def depth(p):
        return 1 + depth(where[id(p)][0]) if id(p) in where else 0
    params.sort(key=depth)  # what others hang on comes before them
    place = {id(p): k for k, p in enumerate(params)}
    return {place[id(p)]: (place[id(where[id(p)][0])], where[id(p)][1]) for p in params if id(p) in where}

def is_heard(params, when, x, i):
    while i in when:
        i, values = when[i]
        if not any(abs(value(params[i], x[i]) - v) < 1e-4 * levels(params[i])[1] for v in values):
            return False
    return True

def levels(p):  # how many values it can have, and how far apart; 0: any between
    low, high = p.get("min", 0), p.get("max", 0)
    step = 1 if p.get("scale") == "CHOICE" else p.get("step", 0)
    return (math.floor((high - low) / step + 1e-4) + 1 if step else 0), step

def value(p, u):  # of a parameter, at u in [0, 1]; a field that is 0 is left out in JSON
    low, high, (n, step) = p.get("min", 0), p.get("max", 0), levels(p)
    if n:
        return low + min(int(u * n), n - 1) * step
    x = low * (high / low) ** u if p.get("scale") == "LOG" else low + u * (high - low)
    return min(max(x, low), high)

def unit(p, x):
    low, high, (n, step) = p.get("min", 0), p.get("max", 0), levels(p)
    if n:
        return (round((x - low) / step) + 0.5) / n
    if not high > low:
        return 0.5
    return math.log(x / low) / math.log(high / low) if p.get("scale") == "LOG" else (x - low) / (high - low)

args = argparse.ArgumentParser(description="breed a patch; takes as JSON Lines")
args.add_argument("template", help="a take, as JSON")
args.add_argument("--params", help="what `assay patch --params --json` says of it: what is heard only where")
args.add_argument("--budget", type=int, default=500)
args.add_argument("--seed", type=int, default=1)
args.add_argument("--window", type=int, default=32, help="takes under way at a time")
args.add_argument("--run", default="mine")
args.add_argument("--best", default="best.json")
args.add_argument("--state", help="what was heard; the same command goes on from there")
args = args.parse_args()

template = json.loads(open(args.template).readline())
for known in ("audio", "features", "scores", "fitness"):
    template.pop(known, None)
params = open_params(template)
when = conditions(template, params, args.params)
search = Evolution([unit(p, p.get("value", 0)) for p in params], args.seed, lambda x, i: is_heard(params, when, x, i))
out, asked, best = {}, 0, -math.inf  # out: what ask gave, by number

def ask():
    global asked
    while asked < args.budget and len(out) < args.window:
        asked += 1
        out[asked] = search.ask()
        yield asked

def tell(number, fitness):
    global best
    point, note = out.pop(number)
    search.tell(point, note, fitness)
    best = best if fitness is None else max(best, fitness)

def send(number):  # the id that belongs to these values is made by whoever reads it
    for p, u in zip(params, out[number][0]):
        p["value"] = value(p, u)
    origin = {"parents": [template["id"]], "run": args.run, "algo": "evolution", "index": number}
    try:
        print(json.dumps(template | {"key": f"{args.run}/{number}", "origin": origin}), flush=True)
    except BrokenPipeError:  # a stage is gone: what it had done is still to come, then the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

def worth(take):  # None: it failed
    fitness = take.get("fitness", 0) if take.get("scores") and not take.get("error") else None
    return fitness if isinstance(fitness, (int, float)) else None  # "NaN" is text

if args.state and os.path.exists(args.state):  # the same results in the same order: the same questions
    whole = [line for line in open(args.state) if line.endswith("\n")]
    os.truncate(args.state, sum(map(len, whole)))  # the last may have been cut short
    for line in whole:
        for _ in ask():
            pass
        number, fitness = line.split()
        tell(int(number), json.loads(fitness))
state = open(args.state, "a") if args.state else None
for number in sorted(out):
    send(number)

lines = queue.Queue()  # read all the time: a loop in which everybody waits to write stands still
def listen():
    for line in iter(sys.stdin.readline, ""):
        lines.put(line)
    lines.put(None)
threading.Thread(target=listen, daemon=True).start()

while True:
    for number in ask():
        send(number)
    if not out:
        break
    line = lines.get()
    if line is None:
        sys.exit(f"the loop ended with {len(out)} takes under way")
    take = json.loads(line)
    origin = take.get("origin", {})
    number, fitness = int(origin.get("index", 0)), worth(take)
    if origin.get("run") != args.run or number not in out:
        continue  # another run's, or heard before
    if fitness is not None and fitness > best:
        open(args.best, "w").write(line)
    tell(number, fitness)
    if state:
        print(number, json.dumps(fitness), file=state, flush=True)
print(f"{args.run}: {asked} takes, best {best}", file=sys.stderr)
