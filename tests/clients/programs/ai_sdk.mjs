// One call that is answered, one that fails at once, one that is tried again, one that fails each time it is tried, each below
// its own operation; by the AI SDK's own spans of today, or (legacy) of its versions before 7.
import { NodeSDK } from "@opentelemetry/sdk-node";
import { generateText, registerTelemetry } from "ai";
import { anthropic } from "@ai-sdk/anthropic";
import { LegacyOpenTelemetry, OpenTelemetry } from "@ai-sdk/otel";

const sdk = new NodeSDK({ serviceName: "birds" });
sdk.start();
registerTelemetry(process.argv[2] === "legacy" ? new LegacyOpenTelemetry() : new OpenTelemetry());
for (const [prompt, maxRetries, fail] of [["Where do swallows winter?", 0, []], ["And storks?", 0, [400]], ["And swifts?", 2, [529]],
                                          ["And owls?", 1, [529, 529, 529]]]) {
  const headers = { "x-sim": JSON.stringify({ text: "South of the Sahara.", fail, retry_after_ms: 30 }) };
  await generateText({ model: anthropic("claude-sonnet-4-5-20250929"), system: "Be brief.", prompt, maxRetries, headers })
    .catch(() => {});
}
await sdk.shutdown();
