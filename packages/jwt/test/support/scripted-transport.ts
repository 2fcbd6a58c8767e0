// SPDX-License-Identifier: Apache-2.0
import type { Transport, TransportRequest, TransportResponse } from "../../src/index.ts";

export interface PendingRequest {
  readonly request: TransportRequest;
  /** Answers the request. */
  answer(status: number, body: unknown, headers?: Record<string, string>): void;
  /** Breaks the connection. */
  fail(error: Error): void;
}

export function responseOf(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): TransportResponse {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers, text: () => text };
}

/** A server on the other side of the port whose answers come when, and in the order that, a test says. */
export class ScriptedTransport {
  readonly requests: PendingRequest[] = [];
  readonly #waiting: ((request: PendingRequest) => void)[] = [];
  #seen = 0;

  readonly transport: Transport = (request) =>
    new Promise<TransportResponse>((resolve, reject) => {
      const pending: PendingRequest = {
        request,
        answer: (status, body, headers) => resolve(responseOf(status, body, headers)),
        fail: reject,
      };
      this.requests.push(pending);
      this.#waiting.shift()?.(pending);
    });

  /** The next request that has not been returned yet, waiting for it if need be. */
  async next(): Promise<PendingRequest> {
    const known = this.requests[this.#seen];
    this.#seen += 1;
    return known ?? new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Lets everything that is ready to run have run: promise callbacks, signatures on the thread pool excepted. */
export async function settle(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}
