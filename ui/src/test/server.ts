import { vi } from 'vitest';

export interface Call {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Headers;
  body: string;
}

type Handler = (call: Call) => Response | Promise<Response>;

/**
 * A server at the edge of the app: routes by `METHOD /path`, remembers what was asked. A route may be replaced while a
 * test runs; asking for one that is not there fails the test that does.
 */
export class FakeServer {
  readonly calls: Call[] = [];
  readonly #routes = new Map<string, Handler>();

  constructor() {
    vi.stubGlobal('fetch', (address: string, init: RequestInit = {}) => this.#answer(address, init));
    vi.stubGlobal('EventSource', FakeEventSource);
  }

  on(route: string, handler: Handler): this {
    this.#routes.set(route, handler);
    return this;
  }

  callsTo(route: string): Call[] {
    return this.calls.filter((call) => `${call.method} ${call.path}` === route);
  }

  async #answer(address: string, init: RequestInit): Promise<Response> {
    const url = new URL(address, 'http://localhost');
    const call: Call = {
      method: init.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: new Headers(init.headers),
      body: typeof init.body === 'string' ? init.body : '',
    };
    this.calls.push(call);
    const handler = this.#routes.get(`${call.method} ${call.path}`);
    return handler === undefined ? problem(404, 'Not found', `${call.method} ${call.path}`) : await handler(call);
  }
}

/** Never opens: the app polls. */
class FakeEventSource extends EventTarget {
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  close() {}
}

export function json(body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json', ...headers } });
}

export function yaml(text: string, etag: string): Response {
  return new Response(text, { headers: { 'Content-Type': 'application/yaml', ETag: etag } });
}

export function page(items: unknown[]): Response {
  return json({ items, continue: null });
}

export function problem(status: number, title: string, detail: string, more: Record<string, unknown> = {}): Response {
  return new Response(JSON.stringify({ type: 'about:blank', title, status, detail, ...more }), {
    status,
    headers: { 'Content-Type': 'application/problem+json' },
  });
}
