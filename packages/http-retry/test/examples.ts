// SPDX-License-Identifier: Apache-2.0
// The examples of the README, run by readme.test.ts, which also checks that the README shows them as they are here.
import {
  createConcurrencyLimit,
  createHttpClient,
  HttpError,
  retry,
  retryWaitMs,
  waitMs,
} from "@repo/http-retry";

export async function request(origin: string, signal: AbortSignal): Promise<unknown> {
  // #region request
  await using client = createHttpClient({ origin, env: process.env });
  const response = await client.request({ method: "GET", path: "/projects?limit=10", signal });
  return response.json();
  // #endregion
}

interface Tokens {
  get(): Promise<string>;
  invalidate(): void;
}

export async function signed(origin: string, tokens: Tokens, id: string): Promise<string> {
  // #region signed
  await using client = createHttpClient({
    origin,
    sign: async () => ({ authorization: `Bearer ${await tokens.get()}` }),
    refresh: () => tokens.invalidate(),
  });
  const headers = { "content-type": "application/json", "idempotency-key": id };
  const body = JSON.stringify({ name: "one" });
  const response = await client.request({ method: "POST", path: "/projects", headers, body });
  return response.text();
  // #endregion
}

export async function failed(origin: string): Promise<string> {
  await using client = createHttpClient({ origin, policy: { maxAttempts: 1 } });
  // #region failed
  try {
    await client.request({ method: "POST", path: "/projects" });
    return "created";
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    if (error.status === 409) return "there already";
    if (error.wasSent && error.status === undefined) return "unknown: look it up before creating it again";
    return error.kind === "permanent" ? `refused: ${error.message}` : "later";
  }
  // #endregion
}

export async function limited(origin: string, paths: readonly string[]): Promise<number> {
  // #region limited
  const concurrency = createConcurrencyLimit({ max: 100, maxWaitMs: 10_000 });
  await using client = createHttpClient({ origin, concurrency, maxConnections: 100 });
  await Promise.all(paths.map((path) => client.request({ method: "GET", path })));
  // For metrics: besides it there are inFlight, waiting and pausedMs.
  return concurrency.limit;
  // #endregion
}

export async function loops(connect: () => Promise<void>, signal: AbortSignal): Promise<void> {
  // #region loops
  // A bounded number of times, what is permanent once:
  await retry(() => connect(), { policy: { maxAttempts: 5, baseMs: 50 }, signal });

  // A loop of one's own, such as a watch that is opened again for ever:
  for (let failures = 0; !signal.aborted; ) {
    try {
      await connect();
      failures = 0;
    } catch {
      failures += 1;
      await waitMs(retryWaitMs(failures, { baseMs: 50, maxWaitMs: 30_000 }), signal);
    }
  }
  // #endregion
}
