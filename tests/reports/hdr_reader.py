"""Decodes each histogram of a result with the hdrhistogram package and prints, as JSON, its recorded values in microseconds,
each with the number of values up to it."""

import base64
import json
import struct
import sys
import zlib

from hdrh.histogram import HdrHistogram

COMPRESSED_V2_COOKIE = 0x1C849314

with open(sys.argv[1], encoding="utf-8") as result:
    report = json.load(result)

found = []
for latency in report["latency"]:
    # The package reads the compressed encoding alone, which is the same bytes behind zlib.
    packed = zlib.compress(base64.b64decode(latency["histogram"]))
    wrapped = struct.pack(">II", COMPRESSED_V2_COOKIE, len(packed)) + packed
    histogram = HdrHistogram.decode(base64.b64encode(wrapped))
    recorded = []
    running = 0
    for item in histogram.get_recorded_iterator():
        running += item.count_added_in_this_iter_step
        recorded.append([item.value_iterated_to, running])
    found.append({"total": histogram.get_total_count(), "max": histogram.get_max_value(), "recorded": recorded})
json.dump(found, sys.stdout)
