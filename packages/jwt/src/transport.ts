// SPDX-License-Identifier: Apache-2.0

/** One HTTP request of this package. */
export interface TransportRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Aborts when the caller is gone or the time is up. */
  readonly signal: AbortSignal;
  /** A longer answer must be refused. */
  readonly maxResponseBytes: number;
}

/** Its answer, read to the end; whatever the status is. Redirects must not be followed. */
export interface TransportResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  text(): string;
}

/** What this package needs of an HTTP client. Rejects only when there is no whole answer. */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;

/** The built-in `fetch` as a {@link Transport}: no retries, no private CA, no proxy. */
export const fetchTransport: Transport = async (request) => {
  const response = await fetch(request.url, {
    method: request.method,
    headers: request.headers,
    ...(request.body === undefined ? {} : { body: request.body }),
    signal: request.signal,
    redirect: "manual",
  });
  const text = await readText(response, request.maxResponseBytes);
  return { status: response.status, headers: Object.fromEntries(response.headers), text: () => text };
};

async function readText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop by an error cancels the body, so the connection does not go on receiving.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new RangeError(`The answer is larger than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The first value of a header, or `undefined`. */
export function headerOf(response: TransportResponse, name: string): string | undefined {
  const value = response.headers[name];
  return typeof value === "object" ? value[0] : value;
}

/** A URL for messages: without credentials, query and fragment. */
export function displayUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** Why there was no whole answer: a time-out, the system's error code found in the causes, or nothing known. */
export function describeNoAnswer(error: unknown, timeoutMs: number): string {
  let at = error;
  for (let depth = 0; depth < 8 && Error.isError(at); depth += 1) {
    if (at.name === "TimeoutError") return `there was no whole answer within ${timeoutMs} ms`;
    if (at instanceof RangeError) return "the answer is too large";
    if ("code" in at && typeof at.code === "string" && /^[A-Z][A-Z0-9_]{3,}$/.test(at.code)) return at.code;
    at = at.cause;
  }
  return "there was no whole answer";
}
