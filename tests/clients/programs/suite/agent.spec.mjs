// SPDX-License-Identifier: GPL-3.0-or-later
// Tests of an agent, as people write them for Vitest.
import Anthropic from "@anthropic-ai/sdk";
import { beforeEach, describe, it, test } from "vitest";

const client = new Anthropic({ maxRetries: 0 });
const messages = [{ role: "user", content: "What is the capital of France?" }];
const ask = () => client.messages.create({ model: "claude-sonnet-5-5", max_tokens: 64, messages });

test("asks", () => ask());
describe("an agent", () => {
  beforeEach(() => ask());
  it("is asked", () => ask());
});
