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
// of it. In a program that Overhear did not launch, both only call the function. A test of node:test or Vitest is the trace
// around everything it does, named by file and test. The names travel as overhear-* headers, which Overhear removes before
// it forwards a request.
'use strict';
const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
const { createHash, randomBytes } = require('node:crypto');

const enabled = Boolean(process.env.OVERHEAR_TOKEN);
const patterns = (process.env.OVERHEAR_HOSTS || 'api.anthropic.com').split(',').map(
  (pattern) => new RegExp('^' + pattern.split('*').map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*') + '$', 'i'));
const storage = new AsyncLocalStorage();
const TEST_NAME_MAX = 500;
let patched = false;

function now() {
  return String(BigInt(Date.now()) * 1000000n);
}

/* A test's id is made of its name: its hooks are the same trace. */
function makeTestScope(file, name) {
  const path = require('node:path');
  const plain = file && file.startsWith('file:') ? require('node:url').fileURLToPath(file) : file;
  const whole = [plain && path.relative(process.cwd(), plain), name].filter(Boolean).join(' > ').slice(0, TEST_NAME_MAX);
  const id = createHash('sha256').update(`${process.env.OVERHEAR_TOKEN} ${whole}`).digest('hex').slice(0, 16);
  return { id, start: now(), name: whole };
}

/* Vitest tells what runs now by its expect(). */
function getVitestScopes() {
  const state = globalThis[Symbol.for('expect-global')]?.getState?.();
  return state?.currentTestName ? [makeTestScope(state.testPath, state.currentTestName)] : [];
}

/* node:test runs every function of a test, a suite or a hook in the scope of an AsyncResource of its own, with a context as
 * “this”; Node 18 to 26 do. The suites and tests around it are its parents, up to the root. */
function makeNodeTestScope(test, context) {
  const names = [];
  for (let at = test; at?.parent; at = at.parent) names.unshift(at.name);
  const file = context.filePath ?? test.loc?.file ?? process.argv[1];
  if (context.name === '<root>') return makeTestScope(file);
  return makeTestScope(file, context.fullName ?? (names.length > 0 ? names.join(' > ') : context.name));
}

function nameTests() {
  if (!enabled) return;
  patch();
  const original = AsyncResource.prototype.runInAsyncScope;
  function runInAsyncScope(run, context, ...args) {
    let scope;
    try {
      if (/^(Test|Suite)Context$/.test(context?.constructor?.name) && 'loc' in this) scope = makeNodeTestScope(this, context);
    } catch {
      /* a test runner that we do not know */
    }
    if (scope === undefined) return original.call(this, run, context, ...args);
    return original.call(this, (...words) => storage.run([scope], () => run.apply(context, words)), context, ...args);
  }
  AsyncResource.prototype.runInAsyncScope = runInAsyncScope;
}

function headersFor(host) {
  if (!host || !patterns.some((pattern) => pattern.test(host))) return {};
  const scopes = [...getVitestScopes(), ...(storage.getStore() ?? [])];
  if (scopes.length === 0) return {};
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
    start: now(),
    name: String(name),
    sessionId: options?.sessionId,
    userId: options?.userId,
  };
  return storage.run([...(storage.getStore() ?? []), scope], run);
}

module.exports = { trace, span: (name, run) => trace(name, {}, run) };
/* For what Overhear loads into Node. */
Object.defineProperty(module.exports, Symbol.for('org.overhear.tests'), { value: nameTests });
