// SPDX-License-Identifier: GPL-3.0-or-later
// What programs do with the Anthropic SDK for JavaScript, by name: sdk.mjs NAME. Prints what the program gets.
import assert from "node:assert";
import fs from "node:fs";

const { default: Anthropic, toFile } = await import(process.env.SDK_PACKAGE ?? "@anthropic-ai/sdk");

const model = "claude-sonnet-5-5";
const tool = {
  name: "get_weather",
  description: "Get the current weather for a location.",
  input_schema: { type: "object", properties: { location: { type: "string" } }, required: ["location"] },
};
const client = new Anthropic();

const ask = (text, more = {}) => ({ model, max_tokens: 1024, messages: [{ role: "user", content: text }], ...more });

function show(message) {
  for (const block of message.content) {
    if (block.type === "thinking") console.log("thinking:", block.thinking, block.signature);
    else if (block.type === "tool_use") console.log("tool:", block.name, JSON.stringify(block.input));
    else console.log("text:", block.text);
  }
  console.log(message.stop_reason, message.usage.input_tokens, message.usage.output_tokens);
}

const scenarios = {
  async create() {
    show(await client.messages.create(ask("What is the speed of light?", { system: "Answer in one sentence." })));
  },
  async stream() {
    const stream = client.messages.stream(ask("Tell me more about Kyoto."));
    stream.on("text", (text) => process.stdout.write(text + "|"));
    show(await stream.finalMessage());
  },
  async stream_raw() {
    for await (const event of await client.messages.create(ask("What is the boiling point of water?", { stream: true })))
      console.log(event.type);
  },
  async thinking() {
    const thinking = { type: "enabled", budget_tokens: 10000 };
    show(await client.messages.stream(ask("What is 27 * 453?", { max_tokens: 16000, thinking })).finalMessage());
  },
  async tools() {
    const messages = [{ role: "user", content: "What's the weather in Paris and Tokyo?" }];
    for (;;) {
      const message = await client.messages.stream({ model, max_tokens: 1024, tools: [tool], messages }).finalMessage();
      show(message);
      if (message.stop_reason !== "tool_use") return;
      messages.push({ role: "assistant", content: message.content });
      messages.push({
        role: "user",
        content: message.content
          .filter((block) => block.type === "tool_use")
          .map((block) => ({ type: "tool_result", tool_use_id: block.id, content: `Sunny in ${block.input.location}` })),
      });
    }
  },
  async image() {
    const data = fs.readFileSync("image.jpg").toString("base64");
    show(await client.messages.create(ask([
      { type: "text", text: "What's in this image?" },
      { type: "image", source: { type: "base64", media_type: "image/jpeg", data } },
    ])));
  },
  async turns() {
    const messages = [];
    for (const question of
      ["What is the capital of France?", "What about Germany?", "Which city has a larger population?"]) {
      messages.push({ role: "user", content: question });
      const message = await client.messages.create({ model, max_tokens: 1024, messages });
      show(message);
      messages.push({ role: "assistant", content: message.content });
    }
  },
  async retry() {
    show(await client.messages.create(ask('Hello [[sim: {"fail": [429, 529], "retry_after_ms": 30}]]')));
  },
  async refused() {
    try {
      await client.messages.create(ask('Hello [[sim: {"fail": [400], "error_message": "no"}]]'));
    } catch (error) {
      console.log(error.status, error.error.error.message);
    }
  },
  async error_in_stream() {
    try {
      for await (const event of await client.messages.create(
        ask('Kyoto [[sim: {"error_after_events": 6}]]', { stream: true })))
        console.log(event.type);
    } catch (error) {
      console.log("error:", error.error.error.type);
    }
  },
  async cut_stream() {
    try {
      for await (const event of await client.messages.create(
        ask('Kyoto [[sim: {"cut_after_events": 6}]]', { stream: true })))
        console.log(event.type);
    } catch (error) {
      console.log("cut:", error instanceof Error);
    }
  },
  async cache() {
    const system = [{
      type: "text", text: "Remember this sentence well. ".repeat(200), cache_control: { type: "ephemeral" },
    }];
    for (const question of ["Hello", "Tell me more about Kyoto."]) {
      const { usage } = await client.messages.create(ask(question, { system }));
      console.log(usage.cache_creation_input_tokens, usage.cache_read_input_tokens);
    }
  },
  async encodings() {
    for (const encoding of ["gzip", "deflate", "br"])
      show(await client.messages.stream(ask("Kyoto"), { headers: { "x-sim": JSON.stringify({ encoding }) } })
        .finalMessage());
  },
  async count() {
    const { max_tokens, ...request } = ask("What is the capital of France?");
    console.log((await client.messages.countTokens(request)).input_tokens);
    for await (const one of client.models.list()) console.log(one.id);
  },
  async batch() {
    const made = await client.messages.batches.create({
      requests: [1, 2].map((n) => ({ custom_id: `r${n}`, params: ask(`What is ${n} * 10?`) })),
    });
    console.log((await client.messages.batches.retrieve(made.id)).processing_status);
    for await (const line of await client.messages.batches.results(made.id))
      console.log(line.custom_id, line.result.message.content[0].text);
  },
  async file() {
    const files = client.files ?? client.beta.files;
    const made = await files.upload({ file: await toFile(Buffer.from("hello"), "a.txt", { type: "text/plain" }) });
    console.log(made.filename, made.size_bytes);
  },
  async equal() {
    const thinking = { type: "enabled", budget_tokens: 10000 };
    for (const request of [
      ask("Tell me more about Kyoto."),
      ask("What's the weather in Paris and Tokyo?", { tools: [tool] }),
      ask("What is 27 * 453?", { max_tokens: 16000, thinking }),
    ]) {
      const messages = [
        await client.messages.create(request),
        await client.messages.stream(request).finalMessage(),
      ].map((message) => JSON.parse(JSON.stringify(message)));
      for (const message of messages)
        for (const part of [message, ...message.content]) {
          delete part.id;
          delete part.parsed_output;
        }
      assert.deepEqual(messages[1], messages[0]);
    }
    console.log("equal");
  },
  async in_parallel() {
    const one = (n) => client.messages.stream(ask(`What is ${n} * 10?`)).finalMessage();
    for (const message of await Promise.all([1, 2, 3, 4, 5, 6].map(one))) show(message);
  },
};

await scenarios[process.argv[2]]();
