// SPDX-License-Identifier: GPL-3.0-or-later
// Calls until one is refused, with the Anthropic SDK for JavaScript and its retries: budget.mjs create|stream. Prints what
// the program gets.
const { default: Anthropic } = await import("@anthropic-ai/sdk");

const client = new Anthropic({ maxRetries: 4 });
const ask = { model: "claude-sonnet-4-5", max_tokens: 1024, messages: [{ role: "user", content: "Hi" }] };
try {
  for (let n = 0; n < 3; n++) {
    const message = process.argv[2] === "create" ? await client.messages.create(ask)
                                                 : await client.messages.stream(ask).finalMessage();
    console.log(message.stop_reason);
  }
} catch (error) {
  console.log(error.status, error.error?.error?.type, error.error?.error?.message);
}
