// SPDX-License-Identifier: GPL-3.0-or-later
// As sizes.py, by the Anthropic SDK for JavaScript.
import crypto from "node:crypto";
import fs from "node:fs";

const { default: Anthropic } = await import("@anthropic-ai/sdk");
const client = new Anthropic({ maxRetries: 0 });
for (const line of fs.readFileSync(process.argv[2], "utf8").trim().split("\n")) {
  const [asked, told] = line.split(" ").map(Number);
  const message = await client.messages.create({
    model: "claude-sonnet-5-5",
    max_tokens: 1024,
    metadata: { user_id: String(told) },
    messages: [{ role: "user", content: "q".repeat(asked) }],
  });
  console.log(crypto.createHash("sha1").update(message.content[0].text).digest("hex"));
}
