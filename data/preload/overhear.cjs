// SPDX-License-Identifier: GPL-3.0-or-later
// Names what a program does, for people who watch it with Overhear:
//
//   const overhear = require('overhear');            // or globalThis.overhear, in ES modules too
//   await overhear.trace('trip-planning', { sessionId: 'sess-abc', userId: 'user-123' }, async () => {
//     await client.messages.create(...);
//     await overhear.span('look up trains', async () => { ... });
//   });
//
// Every call to an LLM API made inside belongs to that trace, across promises and timers. A trace inside a trace is a span
// of it. In a program that Overhear did not launch, both only call the function. The names travel as overhear-* headers,
// which Overhear removes before it forwards a request.
'use strict';
const { AsyncLocalStorage } = require('node:async_hooks');
const { randomBytes } = require('node:crypto');

const enabled = Boolean(process.env.OVERHEAR_TOKEN);
const patterns = (process.env.OVERHEAR_HOSTS || 'api.anthropic.com').split(',').map(
  (pattern) => new RegExp('^' + pattern.split('*').map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*') + '$', 'i'));
const storage = new AsyncLocalStorage();
let patched = false;

function headersFor(host) {
  const scopes = storage.getStore();
  if (!scopes || !host || !patterns.some((pattern) => pattern.test(host))) return {};
  const found = {
    'overhear-trace': encodeURIComponent(scopes[0].name),
    'overhear-spans': scopes.map((s) => `${s.id};${s.start};${encodeURIComponent(s.name)}`).join(', '),
  };
  for (const scope of scopes) {
    if (scope.sessionId != null) found['overhear-session'] = encodeURIComponent(scope.sessionId);
    if (scope.userId != null) found['overhear-user'] = encodeURIComponent(scope.userId);
  }
  return found;
}

/* Node's fetch and the undici package tell of each request before it is sent, so clients made long ago, with a fetch or a
 * dispatcher of their own, are named too. */
const created = require('node:diagnostics_channel').channel('undici:request:create');

function nameRequest({ request }) {
  try {
    for (const [name, value] of Object.entries(headersFor(new URL(request.origin).hostname))) request.addHeader(name, value);
  } catch {
    /* sent without the names */
  }
}

/* Bun and Deno have a fetch of their own, and no such channel. */
function wrapFetch() {
  const original = globalThis.fetch;
  globalThis.fetch = function fetch(input, init) {
    let host;
    try {
      host = new URL(typeof input === 'object' && 'url' in input ? input.url : String(input)).hostname;
    } catch {
      return original.call(this, input, init);
    }
    const extra = Object.entries(headersFor(host));
    if (extra.length === 0) return original.call(this, input, init);
    const headers = new Headers(init?.headers ?? (typeof input === 'object' && 'headers' in input ? input.headers : undefined));
    for (const [name, value] of extra) headers.set(name, value);
    return original.call(this, input, { ...init, headers });
  };
}

function patch() {
  if (patched) return;
  patched = true;
  if (process.versions.bun || process.versions.deno) wrapFetch();
  else created.subscribe(nameRequest);
  for (const module of [require('node:http'), require('node:https')]) {
    const original = module.request;
    module.request = function request(...args) {
      const made = original.apply(this, args);
      if (!made.headersSent) {
        for (const [name, value] of Object.entries(headersFor(made.host))) made.setHeader(name, value);
      }
      return made;
    };
    module.get = function get(...args) {
      const made = module.request(...args);
      made.end();
      return made;
    };
  }
  require('node:module').syncBuiltinESMExports();
}

function trace(name, options, run) {
  if (typeof options === 'function') [options, run] = [{}, options];
  if (!enabled) return run();
  patch();
  const scope = {
    id: randomBytes(8).toString('hex'),
    start: String(BigInt(Date.now()) * 1000000n),
    name: String(name),
    sessionId: options?.sessionId,
    userId: options?.userId,
  };
  return storage.run([...(storage.getStore() ?? []), scope], run);
}

module.exports = { trace, span: (name, run) => trace(name, {}, run) };
