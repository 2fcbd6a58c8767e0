// SPDX-License-Identifier: Apache-2.0
import type { ConcurrencyLimit, Turn } from "./concurrency-limit.ts";
import { NoTurnError } from "./concurrency-limit.ts";
import { ExchangeFailure, type ExchangeOptions, type SendAttempt } from "./exchange.ts";
import type { RawResponse } from "./http-response.ts";
import { retryAfterOf } from "./retry-after.ts";

/** Too many requests, unavailable, and a gateway's time-out: what services and those before them say under load. */
const overloadStatuses: ReadonlySet<number> = new Set([429, 503, 504]);

/** Time-outs that come as errors of the connection. */
const timeoutCodes: ReadonlySet<unknown> = new Set(["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT"]);

/**
 * `send` under `limit`: an attempt waits for its turn first, on its request's time but not on its own, so that a service
 * that is given little to do at once still has the whole time-out for each request.
 *
 * @param lifetime ends the waits of this client, while others that share the limit go on
 */
export function limitedSend(send: SendAttempt, limit: ConcurrencyLimit, lifetime: AbortSignal): SendAttempt {
  return async (options) => {
    const turn = limit.tryTake() ?? (await waitForTurn(limit, options, lifetime));
    try {
      const { clock, deadline } = options;
      const limitMs = Math.max(Math.min(options.limitMs, deadline - clock.now()), 0);
      const response = await send(limitMs === options.limitMs ? options : { ...options, limitMs });
      endWithAnswer(turn, response, clock.date());
      return response;
    } catch (error) {
      turn.end(isTimeout(error) ? "overloaded" : "unknown");
      throw error;
    }
  };
}

async function waitForTurn(
  limit: ConcurrencyLimit,
  { signal, clock, deadline }: ExchangeOptions,
  lifetime: AbortSignal,
): Promise<Turn> {
  try {
    return await limit.take({ signals: [signal, lifetime], waitMs: deadline - clock.now() });
  } catch (error) {
    throw new ExchangeFailure(error instanceof NoTurnError ? "no_turn" : "aborted", false, error);
  }
}

function endWithAnswer(turn: Turn, { status, headers }: RawResponse, date: number): void {
  if (overloadStatuses.has(status)) turn.end("overloaded", retryAfterOf(headers, date));
  else turn.end(status < 500 ? "fine" : "unknown");
}

function isTimeout(error: unknown): boolean {
  if (!(error instanceof ExchangeFailure)) return false;
  if (error.reason === "timeout") return true;
  const { cause } = error;
  return cause instanceof Error && "code" in cause && timeoutCodes.has(cause.code);
}
