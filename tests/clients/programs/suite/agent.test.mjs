// SPDX-License-Identifier: GPL-3.0-or-later
// Tests of an agent, as people write them for node:test.
import test, { after, beforeEach, describe, it } from "node:test";
import http from "node:http";
import https from "node:https";
import { setTimeout } from "node:timers/promises";
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ maxRetries: 0 });
const messages = [{ role: "user", content: "What is the capital of France?" }];
const request = { model: "claude-sonnet-5-5", max_tokens: 64, messages };
const ask = (options) => client.messages.create(request, options);
const overhear = globalThis.overhear ?? { trace: (name, run) => run() };

test("asks", async () => {
  await ask();
  await setTimeout(1);
  await ask();
});

test("asks in steps", async (t) => {
  await t.test("first", () => ask());
  await t.test("second, in a callback", (t, done) => { ask().then(() => done(), done); });
});

describe("an agent: 100 %", { concurrency: true }, () => {
  beforeEach(() => ask());
  it("is asked", async () => { await setTimeout(1); await ask(); });
  it("is asked beside", async () => { await ask(); await ask(); });
});

test("is refused", () => ask({ headers: { "x-sim": '{"fail": [529]}' } }).then(() => { throw Error(); }, () => {}));
test("names a step", () => overhear.trace("a step", () => ask()));
test("asks without an SDK", (t, done) => {
  const url = new URL("/v1/models", process.env.ANTHROPIC_BASE_URL ?? "https://api.anthropic.com");
  const headers = { "x-api-key": process.env.ANTHROPIC_API_KEY };
  (url.protocol === "http:" ? http : https).get(url, { headers }, (answer) => answer.resume().on("end", done)).on("error", done);
});
test("says nothing", () => {});
after(() => ask());
