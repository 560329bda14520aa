#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds every price of prices.json against two tables that others keep: LiteLLM's and genai-prices', as they are on PyPI
today. What differs must be explained in the last column of prices-differences.tsv; a difference without an explanation and
an explanation without a difference are errors. It asks the network, so it is no test: ./dev prices."""
import csv
import datetime
import fnmatch
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).parent
TODAY = datetime.date.today()
PLATFORMS = {"anthropic": False, "bedrock": True, "bedrock_converse": True, "bedrock_mantle": True,
             "vertex_ai-anthropic_models": True, "azure_ai": False}
FIELDS = {"input": "input_cost_per_token", "output": "output_cost_per_token", "cache_read": "cache_read_input_token_cost",
          "cache_write_5m": "cache_creation_input_token_cost",
          "cache_write_1h": "cache_creation_input_token_cost_above_1hr"}
GENAI = {"input": "input_mtok", "output": "output_mtok", "cache_read": "cache_read_mtok",
         "cache_write_5m": "cache_write_mtok", "cache_write_1h": "cache_write_1h_mtok"}


def plain(model):
    """The model's own name, and where it runs if the name says so: see oh_price_normalize_model() and region_factor()."""
    name = re.sub(r"^(bedrock|bedrock_mantle|vertex_ai|azure_ai|anthropic|claude_platform)/", "", model)
    name = name.removeprefix("claude_platform/")
    where = re.match(r"([a-z]{2}(?:-gov)?-[a-z]+-\d)/", name) or re.match(r"(us|eu|apac|au|jp|us-gov|global)\.anthropic\.", name)
    name = re.sub(r"^.*(/|anthropic\.)", "", name)
    return re.sub(r"-v\d+(:[\d:k]+)?$", "", name).replace("@default", "").replace("@", "-"), where and where[1]


def find(rows, name, day=TODAY):
    """The row that counts for a model on a day: its own name goes before the undated one."""
    for form in (name, re.sub(r"-(\d{8}|latest)$", "", name)):
        fit = [row for row in rows if "speed" not in row and any(fnmatch.fnmatch(form, m) for m in row["models"])
               and row.get("from", "") <= str(day) <= row.get("until", "9999")]
        if fit:
            return max(fit, key=lambda row: row.get("from", ""))
    return None


def factor(table, row, where):
    if where and where.startswith("us-gov"):
        return table["gov"]
    return row.get("regional", 1) if where and where != "global" else 1


def get_litellm(folder):
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, "litellm"], check=True)
    wheel = next(pathlib.Path(folder).glob("litellm*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        models = json.loads(archive.read("litellm/model_prices_and_context_window_backup.json"))
    for model, told in sorted(models.items()):
        if told.get("litellm_provider") not in PLATFORMS or "claude" not in model:
            continue
        prices = {field: told[name] * 1e6 for field, name in FIELDS.items() if name in told}
        for field, name in FIELDS.items():
            for key in told:
                if above := re.fullmatch(name + r"_above_(\d+)k_tokens", key):
                    prices[f"{field}>{above[1]}k"] = told[key] * 1e6
        yield "litellm " + wheel.name.split("-")[1], model, prices


def get_genai(folder):
    subprocess.run([sys.executable, "-m", "venv", folder + "/venv"], check=True)
    subprocess.run([folder + "/venv/bin/pip", "install", "-q", "genai-prices"], check=True)
    done = subprocess.run([folder + "/venv/bin/python", "-c", GENAI_DUMP], check=True, capture_output=True, text=True)
    version, models = json.loads(done.stdout)
    for model, prices in sorted(models.items()):
        yield "genai-prices " + version, model, prices


GENAI_DUMP = """
import datetime, importlib.metadata, json
from genai_prices.data import providers
fields, found = %r, {}
for provider in providers:
    if provider.id != "anthropic":
        continue
    for model in provider.models:
        prices = model.prices
        if isinstance(prices, list):
            today = [c.prices for c in prices
                     if c.constraint is None or getattr(c.constraint, "start_date", datetime.date.min) <= datetime.date.today()]
            prices = today[-1] if today else prices[0].prices
        told = {}
        for field, name in fields.items():
            price = getattr(prices, name, None)
            if hasattr(price, "base"):
                for tier in price.tiers:
                    told[f"{field}>{tier.start // 1000}k"] = float(tier.price)
                price = price.base
            if price is not None:
                told[field] = float(price)
        found[model.id] = told
print(json.dumps([importlib.metadata.version("genai-prices"), found]))
""" % GENAI


def compare(table, models):
    """(source, model, field, ours, theirs) of what differs."""
    for source, model, prices in models:
        name, where = plain(model)
        row = find(table["rows"], name)
        if row is None:
            yield source, model, "*", "none", "some"
            continue
        times = factor(table, row, where)
        ours = {field: row[field] * times for field in FIELDS}
        for tier in row.get("tiers", []):
            ours |= {f"{field}>{tier['above'] // 1000}k": tier[field] * times for field in FIELDS}
        for field, price in prices.items():
            base = field.partition(">")[0]
            mine = ours.get(field, ours[base])
            if abs(mine - price) > 1e-6:
                yield source, model, field, f"{mine:g}", f"{price:g}"
        for field in ours:
            if ">" in field and field not in prices and field.partition(">")[0] in prices:
                yield source, model, field, f"{ours[field]:g}", "none"


def main():
    table = json.loads((HERE / "prices.json").read_text())
    with open(HERE / "prices-differences.tsv", newline="") as file:
        known = [row for row in csv.reader(file, delimiter="\t") if row and not row[0].startswith("#")]
    used, bad, n = set(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        models = [*get_litellm(folder), *get_genai(folder)]
    for difference in compare(table, models):
        source, *rest = difference
        n += 1
        fits = [i for i, row in enumerate(known) if row[0] == source.split()[0] and
                all(fnmatch.fnmatchcase(said, pattern) for said, pattern in zip(rest, row[1:5]))]
        used.update(fits)
        if not fits:
            bad += 1
            print("not explained:", "\t".join(difference))
    for i, row in enumerate(known):
        if i not in used:
            bad += 1
            print("no longer so:", "\t".join(row))
    print(f"{len(models)} models compared, {n} differences, {bad} to look at")
    sys.exit(bad > 0)


main()
