// SPDX-License-Identifier: MIT
import { createHttpClient, type Environment } from "@repo/http-retry";
import type { Transport } from "@repo/jwt";

/** What `@repo/jwt` sends its requests by, for the origin of `url`: whatever the answer is, it comes back as it is. */
export function createTransport(
  url: URL,
  options: { readonly env?: Environment },
): AsyncDisposable & { readonly send: Transport } {
  const client = createHttpClient({
    ...options,
    origin: url.origin,
    // Its callers keep their own distance between attempts.
    policy: { maxAttempts: 1 },
    accept: () => true,
  });
  return {
    send: ({ url: target, ...request }) =>
      client.request({ ...request, path: target.pathname + target.search }),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}
