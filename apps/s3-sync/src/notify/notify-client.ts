// SPDX-License-Identifier: Apache-2.0
import { createHttpClient, type Environment, type HttpClientOptions } from "@repo/http-retry";
import { createRedactor } from "@repo/logging";

const LIMIT_MS = 5000;
/** A shorter word of a path is no token, and may well be one of ours: "hook". */
const MIN_TOKEN_LENGTH = 8;

export interface NotifyOptions {
  /** `http:` or `https:`; user name, password, path and query may be secrets and appear in no error. */
  readonly url: URL;
  readonly signal: AbortSignal;
  /** For everything, milliseconds; default 5 000. */
  readonly timeoutMs?: number | undefined;
  /** Trusted beside Node's own; PEM. */
  readonly caCert?: string | undefined;
  /** Where proxies are looked up; default: none. */
  readonly env?: Environment | undefined;
}

export interface NotifyRequest {
  readonly options: NotifyOptions;
  /** What the receiver is called in errors. */
  readonly name: string;
  /** With the query. */
  readonly path: string;
  readonly contentType: string;
  readonly body: string;
  /** The same twice is the same as once. */
  readonly isRepeatable: boolean;
}

/** Sends one POST; a status other than 2xx is an error. @throws {HttpError} that holds nothing of the URL but its host */
export async function post({
  options,
  name,
  path,
  contentType,
  body,
  isRepeatable,
}: NotifyRequest): Promise<void> {
  const { url, signal, timeoutMs = LIMIT_MS } = options;
  await using client = createHttpClient({
    origin: url.origin,
    timeoutMs,
    policy: { maxAttempts: 3, totalMs: timeoutMs },
    maxResponseBytes: 64 * 1024,
    redact: createRedactor(secretsOf(url)),
    ...toConnection(options),
  });
  await client.request({
    method: "POST",
    path,
    headers: { "content-type": contentType, ...authorization(url) },
    body,
    retryUnsafe: isRepeatable,
    label: `${name} at ${url.host}`,
    signal,
  });
}

function toConnection({ caCert, env }: NotifyOptions): Pick<HttpClientOptions, "caPem" | "env"> {
  return {
    ...(caCert === undefined ? undefined : { caPem: caCert }),
    ...(env === undefined ? undefined : { env }),
  };
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const credentials = `${decode(username)}:${decode(password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
}

/** Whatever of a URL may be a token, as it stands there and decoded: receivers like to repeat what they were sent. */
function secretsOf({ username, password, pathname, search, searchParams }: URL): string[] {
  const words = [...pathname.split("/"), ...searchParams.values()].filter(
    (word) => word.length >= MIN_TOKEN_LENGTH,
  );
  return [username, password, pathname, search, ...words].flatMap((part) => [part, decode(part)]);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
