// SPDX-License-Identifier: Apache-2.0
import { type HttpClientOptions, resolveClient } from "./http-client-options.ts";
import type { HttpRequest } from "./http-request.ts";
import type { HttpResponse } from "./http-response.ts";
import { runRequest } from "./request-run.ts";

/** Requests to one origin that share connections, a retry budget and credentials. */
export interface HttpClient extends AsyncDisposable {
  /**
   * Sends a request as often as needed and allowed.
   *
   * @throws {HttpError} for what failed finally
   * @throws {TypeError} for a request that cannot be sent as it is written
   */
  request(request: HttpRequest): Promise<HttpResponse>;
}

/**
 * Builds a client; nothing is connected before the first request. Redirects are not followed: a 3xx is a failure
 * unless it is accepted.
 *
 * Disposing it ends requests under way with `aborted`, waits included, and closes all sockets; who wants to drain
 * awaits the requests before.
 *
 * @throws {TypeError} naming the option that cannot be used
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const lifetime = new AbortController();
  const client = resolveClient(options, lifetime.signal);
  let disposal: Promise<void> | undefined;
  return {
    request: (request) => runRequest(client, request),
    [Symbol.asyncDispose]: () => {
      lifetime.abort(new Error("the HTTP client was disposed"));
      disposal ??= client.dispatcher.destroy();
      return disposal;
    },
  };
}
