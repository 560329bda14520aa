// SPDX-License-Identifier: GPL-3.0-or-later
// Names its calls: named.mjs before|openai. The client is made before the first trace, as programs do.
const overhear = globalThis.overhear ?? { trace: (name, run) => run() };

if (process.argv[2] === "openai") {
  const { default: OpenAI } = await import("openai");
  const client = new OpenAI({ apiKey: process.env.ANTHROPIC_API_KEY, baseURL: "https://api.anthropic.com/openai" });
  await overhear.trace("named", () =>
    client.chat.completions.create({ model: "x", messages: [{ role: "user", content: "Hello" }] }).catch((error) => console.log(error.status)));
} else {
  const { default: Anthropic } = await import(process.env.SDK_PACKAGE ?? "@anthropic-ai/sdk");
  const client = new Anthropic();
  const messages = [{ role: "user", content: "What is the capital of France?" }];
  const message = await overhear.trace("named", () =>
    client.messages.create({ model: "claude-sonnet-5-5", max_tokens: 1024, messages }));
  console.log(message.stop_reason);
}
