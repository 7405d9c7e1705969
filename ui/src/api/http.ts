/** The one place that talks to the server: session cookie, CSRF header, problem+json. */

/** A refusal of the server, as RFC 9457 describes it. `status` 0 means that it could not be reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    /** The rest of the problem document, for callers that know its type. */
    readonly body: Readonly<Record<string, unknown>>,
  ) {
    super(detail === '' ? title : detail);
    this.name = 'ApiError';
  }
}

export interface Answer<T> {
  data: T;
  etag: string | null;
}

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  query?: Record<string, string | number | boolean | undefined>;
  json?: unknown;
  yaml?: string;
  accept?: string;
  ifMatch?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

const SAFE_METHODS = new Set(['GET', 'HEAD']);

export async function request<T>(path: string, options: RequestOptions = {}): Promise<Answer<T>> {
  const method = options.method ?? 'GET';
  const headers = new Headers(options.headers);
  headers.set('Accept', options.accept ?? 'application/json, application/problem+json');
  if (!SAFE_METHODS.has(method)) {
    const token = cookie('XSRF-TOKEN');
    if (token !== undefined) headers.set('X-XSRF-TOKEN', token);
  }
  if (options.ifMatch !== undefined) headers.set('If-Match', options.ifMatch);
  const body = bodyOf(options, headers);
  let response: Response;
  try {
    response = await fetch(urlOf(path, options.query), {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'The control plane cannot be reached', 'Nodes keep enforcing their last policies meanwhile.', {});
  }
  if (!response.ok) throw await refusal(response);
  return { data: (await content(response)) as T, etag: response.headers.get('ETag') };
}

function urlOf(path: string, query: RequestOptions['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

function bodyOf(options: RequestOptions, headers: Headers): string | undefined {
  if (options.yaml !== undefined) {
    headers.set('Content-Type', 'application/yaml');
    return options.yaml;
  }
  if (options.json !== undefined) {
    headers.set('Content-Type', 'application/json');
    return JSON.stringify(options.json);
  }
  return undefined;
}

async function content(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  return (response.headers.get('Content-Type') ?? '').includes('json') ? JSON.parse(text) : text;
}

async function refusal(response: Response): Promise<ApiError> {
  let body: Record<string, unknown> = {};
  try {
    body = (await response.json()) as Record<string, unknown>;
  } catch {
    // A proxy in between may answer with HTML; the status alone then has to do.
  }
  const title = typeof body['title'] === 'string' ? body['title'] : `HTTP ${response.status} ${response.statusText}`.trim();
  const detail = typeof body['detail'] === 'string' ? body['detail'] : '';
  return new ApiError(response.status, title, detail, body);
}

function cookie(name: string): string | undefined {
  const pair = document.cookie.split('; ').find((entry) => entry.startsWith(`${name}=`));
  return pair === undefined ? undefined : decodeURIComponent(pair.slice(name.length + 1));
}
