// SPDX-License-Identifier: Apache-2.0
import { ClientError } from "../../client/client-error.ts";
import type { JobClients } from "../../client/create-clients.ts";

/**
 * Makes a call, with its failure as a sentence.
 *
 * @param what for a server of the Go program, which has no such call: `cancel jobs`
 * @throws {ClientError} the signal's reason once that has aborted
 */
export async function call<T>(
  clients: JobClients,
  what: string,
  signal: AbortSignal | undefined,
  make: (options: { readonly signal?: AbortSignal }) => Promise<T>,
): Promise<T> {
  try {
    return await make(signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    const failure = clients.explain(error);
    if (failure.code !== "unsupported") throw failure;
    const message = `the server at ${clients.server} cannot ${what}: it is an older one, or no airunner server at all`;
    throw new ClientError("unsupported", message, { cause: error });
  }
}
