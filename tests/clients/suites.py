# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that run tests: each test's calls are one trace named by its id, the report says what each cost, and the
program, its requests and what it prints are as without Overhear."""
import json
import os
import re
import shutil
import tempfile
import xml.etree.ElementTree

import packages
from clients import HERE, HOST, Place, check_call, header
from tap import check, main

FILE = "suite/test_agent.py"
UNITTEST = {"AgentTest::test_one": (2, 0), "AgentTest::test_two": (2, 0)}
PYTEST = {f"{FILE}::{name}": sums for name, sums in {
    "test_weather[paris]": (1, 0), r"test_weather[K\xf8ge, 100 %]": (1, 0), "test_prepared": (3, 0),
    "test_together": (2, 0), "test_child": (1, 0), "test_refused": (1, 1), "test_named": (1, 0), **UNITTEST}.items()}
NODE = {"suite/agent.test.mjs" + name: sums for name, sums in {
    " > asks": (2, 0), " > asks in steps > first": (1, 0), " > asks in steps > second, in a callback": (1, 0),
    " > an agent: 100 % > is asked": (2, 0), " > an agent: 100 % > is asked beside": (3, 0),
    " > is refused": (1, 1), " > names a step": (1, 0), " > asks without an SDK": (0, 0), "": (1, 0)}.items()}
VITEST = {"suite/agent.spec.mjs > asks": (1, 0), "suite/agent.spec.mjs > an agent > is asked": (2, 0)}


def run(command, traces, *options, modules=None, stable=True, status=0):
    """stable: whether it prints the same each time, but for times. Returns: the folder's Place, gone when it is dropped."""
    folder = tempfile.TemporaryDirectory(prefix="overhear-suites-")
    place = Place(folder.name)
    place.kept = folder
    shutil.copytree(HERE / "programs/suite", place.work / "suite")
    if modules is not None:
        (place.work / "node_modules").symlink_to(modules)
    done = place.run("overheard", command, "--public-url", f"https://{HOST}",
                     prefix=(os.environ["OVERHEAR"], "run", *options, "--upstream", HOST + "={url}", "--"))
    assert done.status == status, (done.status, done.stdout.decode(), done.stderr.decode())
    found = {t["name"]: (t["calls"], t["failed"])
             for t in map(json.loads, place.overhear("traces", "--json").splitlines())}
    assert found == traces, found
    by_id = {header(call["response"], "request-id"): call for call in place.captured()}
    for exchange in done.exchanges:
        assert not [name for name in exchange.request_headers if name.startswith("overhear-")], "our headers went on"
        check_call(by_id[exchange.request_id], exchange)
    if stable:
        alone = place.run("alone", command, ANTHROPIC_BASE_URL="{url}")
        for was, became in (alone.stdout, done.stdout), (alone.stderr, done.stderr):
            was, became = (re.sub(r"\d+\.\d+(ms|s)?( \([\d:]+\))?", "TIME", text.decode()) for text in (was, became))
            assert was == became, (was, became)
    return place


@check("pytest: what is printed is the same, and each test is a trace, with its fixtures, threads and children")
def pytest():
    run([packages.python("requirements-pytest.txt"), "-m", "pytest", "-q", "-p", "no:cacheprovider", "suite"], PYTEST)


@check("pytest in several processes; the reports say which test cost what")
def xdist():
    names = ["calls.xml", "calls.json", "calls.md"]
    with tempfile.TemporaryDirectory(prefix="overhear-suites-") as reports:
        options = [f"--report={reports}/{name}" for name in names]
        run([packages.python("requirements-pytest.txt"), "-m", "pytest", "-q", "-n", "2", "suite"], PYTEST,
            "--assert=calls<=30", "--assert=errors==0", *options, stable=False, status=3)
        junit, whole, table = (os.path.join(reports, name) for name in names)
        assertions, traces = xml.etree.ElementTree.parse(junit).getroot()
        assert [suite.get("tests") for suite in (assertions, traces)] == ["2", str(len(PYTEST))]
        properties = {case.get("name"): {p.get("name"): p.get("value") for p in case.iter("property")} for case in traces}
        assert {name: (int(p["calls"]), int(p["errors"])) for name, p in properties.items()} == PYTEST
        with open(whole) as file:
            run_ = json.load(file)
        assert {t["name"]: (t["calls"], t["failed"]) for t in run_["traces"]} == PYTEST
        costs = {t["name"]: t["cost"] for t in run_["traces"]}
        assert abs(sum(costs.values()) - run_["cost"]) < 1e-9 < costs[f"{FILE}::test_prepared"], costs
        for name, cost in costs.items():
            assert abs(float(properties[name]["cost"]) - cost) < 1e-6, (name, cost)
        with open(table) as file:
            rows = [line.split(" | ") for line in file.read().splitlines()]
        assert {row[0].strip("|` "): int(row[1]) for row in rows[7:]} == {n: calls for n, (calls, _) in PYTEST.items()}


@check("the newest pytest")
def newest():
    run([packages.python("requirements-pytest-newest.txt"), "-m", "pytest", "-q", "suite"], PYTEST, stable=False)


@check("unittest")
def unittest():
    tests = {"suite.test_agent." + name.replace("::", "."): sums for name, sums in UNITTEST.items()}
    run([packages.python("requirements.txt"), "-m", "unittest", "suite.test_agent"], tests)


@check("node:test, each file in a process of its own, and all in one")
def node():
    modules = packages.node_modules()
    run([packages.node(), "--test", "suite/agent.test.mjs"], NODE, modules=modules)
    run([packages.node(), "suite/agent.test.mjs"], NODE, modules=modules)


@check("Vitest, in processes and in threads")
def vitest():
    modules = packages.node_modules(HERE / "vitest/package.json")
    for pool in "forks", "threads":
        run([packages.node(), modules / "vitest/vitest.mjs", "run", "agent.spec", f"--pool={pool}"], VITEST, modules=modules, stable=False)


main()
