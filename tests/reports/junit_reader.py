"""Prints what junitparser finds in JUnit files, as a JSON list: totals, suites, and each case with its results."""

import json
import sys

from junitparser import Error, Failure, JUnitXml, Skipped

KINDS = {Failure: "failure", Error: "error", Skipped: "skipped"}


def read(path):
    document = JUnitXml.fromfile(path)
    cases = []
    for suite in document:
        for case in suite:
            results = [
                {"kind": KINDS.get(type(one), "other"), "message": one.message, "type": one.type, "text": one.text}
                for one in case.result
            ]
            cases.append({"suite": suite.name, "classname": case.classname, "name": case.name, "results": results})
    totals = {name: int(getattr(document, name) or 0) for name in ("tests", "failures", "errors")}
    suites = {
        suite.name: [suite.tests, suite.failures, suite.errors, suite.skipped, sum(1 for _ in suite)]
        for suite in document
    }
    return {"totals": totals, "suites": suites, "cases": cases}


json.dump([read(path) for path in sys.argv[1:]], sys.stdout)
