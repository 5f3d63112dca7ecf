#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# A stage in Python: scores each take by how often its sound changes sign. First, once:
#     protoc --proto_path=proto --python_out=doc proto/take.proto
# Then, anywhere in a pipe (or as `assay bright`, if this file is assay-bright on PATH):
#     assay patch pluck --random 8 | assay render | doc/stage.py | assay best
import sys
import numpy
from take_pb2 import Take

def read(stream):  # a varint length, then the message; again until the end
    while byte := stream.read(1):
        length, shift = byte[0] & 127, 7
        while byte[0] & 128:
            byte = stream.read(1)
            length, shift = length | (byte[0] & 127) << shift, shift + 7
        yield Take.FromString(stream.read(length))

def write(stream, take):
    body = take.SerializeToString()  # with the fields that this schema does not know
    head = [len(body) >> 7 * i & 127 | 128 for i in range(max(1, (len(body).bit_length() + 6) // 7))]
    stream.write(bytes(head[:-1] + [head[-1] & 127]) + body)
    stream.flush()

for take in read(sys.stdin.buffer):
    if take.audio.samples and not take.error:
        left = numpy.signbit(take.audio.samples)[::take.audio.channels]
        take.scores.add(term="bright", value=numpy.mean(left[1:] != left[:-1]), weight=1)
        take.fitness += take.scores[-1].value
    write(sys.stdout.buffer, take)
