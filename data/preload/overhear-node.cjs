/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loaded into every Node of a launched run (NODE_OPTIONS=--require): sends through Overhear's proxy what Node would send
 * directly. Node 18 and 20 ignore proxy variables; later versions follow them only with NODE_USE_ENV_PROXY=1, which loads
 * undici at every start (45 ms), prints a warning on Node 22, and does nothing for agents that a program makes. So:
 *   fetch            a dispatcher that tunnels, in the place of Node's own, installed when fetch is first touched.
 *   http and https   connections are made through the tunnel, below the agent.
 *   tls.connect      for the hosts that Overhear reads, what comes some other way: agents that want a socket at once
 *                    (agentkeepalive, of the SDKs before 0.40), the undici package.
 * Everything else is as without it: localhost and NO_PROXY are direct; a dispatcher set by the program or by Node for
 * NODE_USE_ENV_PROXY, Unix sockets and connections handed in are left alone, and so is who will speak nothing but HTTP/2;
 * process.env is not touched. */
'use strict';

(function () {
  const mark = Symbol.for('org.overhear.preload');
  if (globalThis[mark]) return;
  /* Deno reads NODE_OPTIONS, too, and fails, or asks its user, where a program without permission looks at its environment.
   * Its fetch needs nothing of this. */
  if (globalThis.Deno && globalThis.Deno.permissions.querySync({ name: 'env' }).state !== 'granted') return;

  const env = process.env;
  const token = env.OVERHEAR_TOKEN;
  let proxy;
  try {
    proxy = new URL(env.https_proxy || env.HTTPS_PROXY);
  } catch (_) {
    return;
  }
  /* Whoever set another proxy in between meant it. */
  if (!token || proxy.protocol !== 'http:' || decodeURIComponent(proxy.password) !== token) return;
  Object.defineProperty(globalThis, mark, { value: true });

  const CONNECT_TIMEOUT_MS = 10000; /* as undici's */
  const credentials = 'Basic ' + Buffer.from(proxy.username + ':' + token).toString('base64');

  const bypass = (env.no_proxy || env.NO_PROXY || '')
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((entry) => {
      const match = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase());
      return { all: entry === '*', host: match[1], port: match[2] };
    });

  function isDirect(host, port) {
    const name = String(host).toLowerCase().replace(/^\[|\]$/g, '');
    if (name === '::1') return true; /* the one loopback address that NO_PROXY cannot carry (httpx chokes on it) */
    return bypass.some(
      (entry) =>
        entry.all ||
        ((!entry.port || Number(entry.port) === Number(port)) &&
          (name === entry.host || name.endsWith('.' + entry.host))));
  }

  const read = (env.OVERHEAR_HOSTS || '').split(',').filter(Boolean).map((pattern) => new RegExp(
    '^' + pattern.split('*').map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*') + '$', 'i'));

  /* Opens a connection to host:port through the proxy. callback(error, socket). Returns: the socket, for its time until
   * then. */
  function tunnel(host, port, callback) {
    const net = require('net');
    const socket = net.connect({ host: proxy.hostname, port: Number(proxy.port) });
    const target = (net.isIPv6(host) ? '[' + host + ']' : host) + ':' + port;
    let head = Buffer.alloc(0);

    function done(error) {
      clearTimeout(timer);
      socket.removeListener('readable', onReadable);
      socket.removeListener('error', done);
      socket.removeListener('end', onEnd);
      if (error) socket.destroy();
      callback(error, error ? undefined : socket);
    }
    function onEnd() {
      done(Object.assign(new Error('The connection to ' + target + ' was closed'), { code: 'ECONNRESET' }));
    }
    function onReadable() {
      let chunk;
      while ((chunk = socket.read()) !== null) {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) continue;
        const status = /^HTTP\/1\.[01] (\d{3})/.exec(head.toString('latin1', 0, end));
        if (end + 4 < head.length) socket.unshift(head.subarray(end + 4));
        if (status && status[1][0] === '2') done(null);
        else
          done(Object.assign(new Error('No tunnel to ' + target + ': ' + head.toString('latin1', 0, end).split('\r')[0]),
                             { code: 'ECONNREFUSED' }));
        return;
      }
    }
    const timer = setTimeout(() => {
      done(Object.assign(new Error('Connect Timeout Error'), { name: 'ConnectTimeoutError', code: 'UND_ERR_CONNECT_TIMEOUT' }));
    }, CONNECT_TIMEOUT_MS);
    timer.unref();
    socket.setNoDelay(true);
    socket.on('error', done);
    socket.on('end', onEnd);
    socket.on('readable', onReadable);
    socket.write('CONNECT ' + target + ' HTTP/1.1\r\nHost: ' + target + '\r\nProxy-Authorization: ' + credentials + '\r\n\r\n');
    return socket;
  }

  /* The connector of undici's Agent: options have hostname, protocol, port, servername. */
  function connect(options, callback) {
    const secure = options.protocol === 'https:';
    const host = options.hostname;

    tunnel(host, options.port || (secure ? 443 : 80), (error, socket) => {
      if (error) return callback(error);
      if (!secure) return callback(null, socket);
      const secured = require('tls').connect({
        socket,
        host,
        servername: options.servername || (require('net').isIP(host) ? '' : host),
        ALPNProtocols: ['http/1.1'],
        highWaterMark: 16384,
      });
      secured.setKeepAlive(true, 60000);
      secured.once('secureConnect', () => {
        secured.removeListener('error', callback);
        callback(null, secured);
      });
      secured.once('error', callback);
    });
  }

  function installDispatcher() {
    void globalThis.Response; /* loads Node's undici, which then sets its dispatcher, as the first fetch would */
    /* undici 5 and 6 have one place for it; 7 has two with the same in both; 8 has a wrapper for older handlers in the
     * first. Whatever else stands there, the program has put there. */
    const [older, newer] = [1, 2].map((n) => Symbol.for('undici.globalDispatcher.' + n));
    const original = globalThis[newer] || globalThis[older];
    if (!original || typeof original.dispatch !== 'function' || original.constructor.name !== 'Agent') return;
    const Agent = original.constructor;
    class OverhearAgent extends Agent {
      dispatch(options, handler) {
        let origin;
        try {
          origin = new URL(options.origin);
        } catch (_) {
          return original.dispatch(options, handler);
        }
        const port = origin.port || (origin.protocol === 'https:' ? 443 : 80);
        return isDirect(origin.hostname, port) ? original.dispatch(options, handler) : super.dispatch(options, handler);
      }
    }
    Object.defineProperty(OverhearAgent, 'name', { value: 'Agent' });
    const agent = new OverhearAgent({ connect });
    for (const place of [older, newer]) {
      const there = globalThis[place];
      if (there === undefined) continue;
      if (there.constructor === Agent) globalThis[place] = agent;
      else if (there.constructor.name === 'Dispatcher1Wrapper') globalThis[place] = new there.constructor(agent);
    }
  }

  /* Node's undici is big and loads at the first fetch; so must this. The property heals itself when first touched. */
  function watchFetch() {
    const plain = Object.getOwnPropertyDescriptor(globalThis, 'fetch');
    if (!plain || !plain.configurable) return;
    const heal = (value) => Object.defineProperty(globalThis, 'fetch', {
      value, writable: true, enumerable: plain.enumerable, configurable: true });
    Object.defineProperty(globalThis, 'fetch', {
      enumerable: plain.enumerable,
      configurable: true,
      get() {
        const value = 'value' in plain ? plain.value : plain.get.call(globalThis);
        heal(value);
        try {
          installDispatcher();
        } catch (_) {
          /* fetch works without us */
        }
        return value;
      },
      set(value) {
        heal(value);
      },
    });
  }

  function withAuthority(ca) {
    if (!ca) return ca;
    try {
      return [].concat(ca, require('fs').readFileSync(require('path').join(__dirname, 'authority.pem')));
    } catch (_) {
      return ca;
    }
  }

  function watchAgents(module, secure) {
    const prototype = module.Agent.prototype;
    const original = prototype.createConnection;

    function createConnection(options, callback) {
      const host = options && (options.host || options.hostname);
      const port = options && options.port;
      const alpn = options && options.ALPNProtocols;
      if (typeof callback !== 'function' ||
          this.createConnection !== createConnection || /* a subclass or a caller that expects a socket at once */
          (this.options && this.options.proxyEnv) || /* Node does it */
          !host || !port || options.socket || options.socketPath ||
          (Array.isArray(alpn) && !alpn.includes('http/1.1')) ||
          isDirect(host, port))
        return original.apply(this, arguments);
      tunnel(host, port, (error, socket) => {
        if (error) return callback(error);
        if (!secure) return callback(null, socket);
        let secured;
        try {
          secured = original.call(this, Object.assign({}, options, { socket, ca: withAuthority(options.ca) }));
        } catch (problem) {
          socket.destroy();
          return callback(problem);
        }
        callback(null, secured);
      });
    }
    Object.defineProperty(createConnection, 'name', { value: original.name });
    prototype.createConnection = createConnection;
  }

  /* A tunnel to be written to before it stands. */
  function makeTunnelStream(host, port) {
    const { Duplex } = require('stream');
    let ready = false;
    let waiting = null;
    const stream = new Duplex({
      write(chunk, encoding, done) {
        if (ready) socket.write(chunk, done);
        else waiting = () => socket.write(chunk, done);
      },
      final(done) {
        if (ready) socket.end(done);
        else waiting = () => socket.end(done);
      },
      read() {
        if (ready) socket.resume();
      },
      destroy(error, done) {
        socket.destroy();
        done(error);
      },
    });
    const socket = tunnel(host, port, (error) => {
      if (error) return stream.destroy(error);
      ready = true;
      socket.on('data', (chunk) => stream.push(chunk) || socket.pause());
      socket.on('end', () => stream.push(null));
      socket.on('error', (problem) => stream.destroy(problem));
      socket.on('close', () => stream.destroy());
      if (waiting) waiting();
    });
    return Object.assign(stream, { socket });
  }

  /* tls.connect (options, callback), (port, host, options, callback), (port, options, callback) */
  function readConnectArguments(words) {
    let options = {};
    for (const word of words) {
      if (word !== null && typeof word === 'object') options = Object.assign({}, options, word);
      else if (typeof word === 'string' && options.port !== undefined) options.host = word;
      else if (typeof word === 'number' || typeof word === 'string') options.port = word;
    }
    return options;
  }

  function watchTls() {
    const tls = require('tls');
    const original = tls.connect;

    function connect(...words) {
      const options = readConnectArguments(words);
      const alpn = options.ALPNProtocols;
      if (options.socket || options.path || !options.host || !options.port ||
          (Array.isArray(alpn) && !alpn.includes('http/1.1')) ||
          !read.some((pattern) => pattern.test(options.host)) || isDirect(options.host, options.port))
        return original.apply(this, words);
      const stream = makeTunnelStream(options.host, options.port);
      const callback = words.find((word) => typeof word === 'function');
      const secured = original.call(this, Object.assign(options, { socket: stream, ca: withAuthority(options.ca) }), callback);
      /* What counts for the connection is passed on to it: idle connections must not keep the program from ending. */
      for (const name of ['ref', 'unref', 'setKeepAlive', 'setNoDelay']) {
        secured[name] = (...values) => {
          stream.socket[name](...values);
          return secured;
        };
      }
      if (options.timeout) secured.setTimeout(options.timeout);
      return secured;
    }
    tls.connect = connect;
  }

  /* globalThis.overhear.trace(), for ES modules, which do not look along NODE_PATH. */
  function offerNames() {
    if ('overhear' in globalThis) return;
    const settle = (value) => {
      Object.defineProperty(globalThis, 'overhear', { value, writable: true, configurable: true });
      return value;
    };
    Object.defineProperty(globalThis, 'overhear', {
      configurable: true,
      get: () => settle(require('./node_modules/overhear')),
      set: settle,
    });
  }

  /* Programs that run tests, and the files that “node --test” would take for tests: their calls are named by test. */
  function isTesting() {
    return env.NODE_TEST_CONTEXT !== undefined || env.VITEST !== undefined ||
           process.execArgv.some((word) => word.startsWith('--test')) ||
           /(^|[\\/])(test|test-[^\\/]*|[^\\/]*[._-]test)\.[cm]?[jt]s$|[\\/]test[\\/].*\.[cm]?[jt]s$/.test(process.argv[1] ?? '');
  }

  offerNames();
  if (isTesting()) require('./node_modules/overhear')[Symbol.for('org.overhear.tests')]();
  /* Without WebAssembly (--jitless) loading undici ends the program, and fetch has no use. */
  if (typeof globalThis.fetch === 'function' && typeof WebAssembly === 'object') watchFetch();
  watchAgents(require('http'), false);
  watchAgents(require('https'), true);
  if (read.length > 0) watchTls();
})();
