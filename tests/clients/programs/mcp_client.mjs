// SPDX-License-Identifier: GPL-3.0-or-later
// The same as mcp_client.py with the official SDKs for TypeScript. mcp_client.mjs first|legacy|auto SERVER…
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [mode, command, ...args] = process.argv.slice(2);
const cases = JSON.parse(readFileSync(0, 'utf8'));
const from = createRequire(process.env.NODE_MODULES + '/');
const load = name => import(pathToFileURL(from.resolve(name)).href);
const [{ Client }, { StdioClientTransport }] = mode === 'first'
  ? await Promise.all([load('@modelcontextprotocol/sdk/client/index.js'), load('@modelcontextprotocol/sdk/client/stdio.js')])
  : await Promise.all([load('@modelcontextprotocol/client'), load('@modelcontextprotocol/client/stdio')]);

const transport = new StdioClientTransport({ command, args, env: process.env });
const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode }, capabilities: { elicitation: { form: {} } } });
const asked = [];
/* The person, who is asked before a tool acts. */
const agree = async (request) => {
  asked.push(request.params.message);
  return { action: 'accept', content: {} };
};
if (mode === 'first') client.setRequestHandler((await load('@modelcontextprotocol/sdk/types.js')).ElicitRequestSchema, agree);
else client.setRequestHandler('elicitation/create', agree);
await client.connect(transport);
const said = { tools: (await client.listTools()).tools.map(tool => tool.name), results: [] };
for (const [name, given] of cases)
  said.results.push(await client.callTool({ name, arguments: given }));
if (client.getNegotiatedProtocolVersion?.() === '2026-07-28') {
  const told = new Promise((resolve) => client.setNotificationHandler('notifications/resources/updated', resolve));
  const subscription = await client.listen({ resourceSubscriptions: ['overhear://runs'] });
  await client.callTool({ name: 'launch', arguments: { command: ['true'] } });
  said.told = JSON.stringify(await told);
  await subscription.close();
}
const { resources } = await client.listResources();
said.resources = resources.map(resource => resource.uri);
said.templates = (await client.listResourceTemplates()).resourceTemplates.length;
said.content = (await client.readResource({ uri: resources[0].uri })).contents;
said.prompts = {};
for (const { name } of (await client.listPrompts()).prompts)
  said.prompts[name] = (await client.getPrompt({ name, arguments: { run: '1' } })).messages;
try {
  await client.callTool({ name: 'nonsense', arguments: {} });
  said.unknown = 'was answered';
} catch (error) {
  said.unknown = error.message;
}
said.version = client.getNegotiatedProtocolVersion?.() ?? transport._protocolVersion ?? null;
said.asked = asked;
console.log(JSON.stringify(said));
await client.close();
