"""Reads OpenMetrics files with the strict parser of prometheus_client and prints the samples of each."""
import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

files = []
for path in sys.argv[1:]:
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    files.append([
        [sample.name, sample.labels, sample.value]
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ])
json.dump(files, sys.stdout)
