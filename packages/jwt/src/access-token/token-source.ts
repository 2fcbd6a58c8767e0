// SPDX-License-Identifier: Apache-2.0
import { abortedError, untilAborted } from "../abort.ts";
import { type Backoff, backoffMs } from "../backoff.ts";
import { numberOption } from "../checks.ts";
import { type Clock, systemClock } from "../clock.ts";
import { TokenEndpointError } from "../errors.ts";
import { fetchTransport, type Transport } from "../transport.ts";
import type { TokenGrant } from "./grants.ts";
import { type AccessToken, requestToken } from "./token-endpoint.ts";

export interface TokenSourceOptions {
  /** From `clientAssertion` or `jwtBearerGrant`. */
  readonly grant: TokenGrant;
  /** Default: the built-in `fetch`. It must not retry: a source keeps its own distance after failures. */
  readonly transport?: Transport;
  /** Headers of the token request, such as `user-agent`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds for one request; default 10 000, 1 to 300 000. */
  readonly timeoutMs?: number;
  /** The share of its life after which a token is refreshed beside the requests that use it; default 0.8, 0 to 1. */
  readonly refreshAfterShare?: number;
  /** Milliseconds before expiry at which refreshing starts at the earliest; default 300 000. */
  readonly maxRefreshMarginMs?: number;
  /** Distance between failing requests; default 1 000 to 30 000 ms. A server's `Retry-After` up to 300 s lengthens it. */
  readonly backoff?: Backoff;
  /** Called after each request; for logs and metrics. Must not throw. */
  readonly onRequest?: (event: TokenRequestEvent) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** One token request and what came of it. Never holds a token. */
export type TokenRequestEvent =
  | {
      readonly outcome: "granted";
      readonly durationMs: number;
      readonly lifetimeMs: number;
      readonly clockSkewMs: number | undefined;
    }
  | {
      readonly outcome: "failed";
      readonly durationMs: number;
      readonly error: unknown;
      readonly retryInMs: number;
    };

/** Hands out one access token, kept fresh. Disposing it ends a request under way; later calls fail with `aborted`. */
export interface TokenSource extends Disposable {
  /**
   * An access token of the present identity that has not expired. Waits only when there is none; after a failed
   * request all callers fail alike, without another request, until the backoff is over.
   *
   * @throws {TokenEndpointError} what the last request ended with
   * @throws {JwtError} `aborted` as soon as `signal` does; the request itself goes on for the others
   */
  token(options?: { readonly signal?: AbortSignal }): Promise<string>;
  /** Says that a server answered 401 to this token. Nothing happens when another token has taken its place already. */
  invalidate(token: string): void;
  /** Goes on as another identity: callers that are waiting get *its* token, and no answer to the former counts. */
  replaceGrant(grant: TokenGrant): void;
}

/** The last seconds of a life are not handed out: the token has yet to reach its server. */
const MAX_SAFETY_MS = 5_000;
const SAFETY_SHARE = 0.1;
const MAX_RETRY_AFTER_MS = 300_000;
const DEFAULT_BACKOFF: Backoff = { minMs: 1_000, maxMs: 30_000 };

interface HeldToken {
  readonly value: string;
  readonly refreshAtMs: number;
  readonly usableUntilMs: number;
}

interface Failure {
  readonly error: unknown;
  readonly count: number;
  readonly retryAtMs: number;
}

/** All that is known of one identity; replaced whole, so that a late answer finds nothing to overwrite. */
interface IdentityState {
  readonly grant: TokenGrant;
  readonly controller: AbortController;
  held?: HeldToken | undefined;
  failure?: Failure | undefined;
  request?: Promise<HeldToken> | undefined;
}

type ResolvedOptions = Required<Omit<TokenSourceOptions, "grant" | "onRequest">> &
  Pick<TokenSourceOptions, "onRequest">;

/**
 * Keeps an access token: requested when first asked for, by one request however many ask; refreshed beside its use
 * when it grows old; requested anew when a server refuses it. No timer runs: an unused source does nothing.
 *
 * Ages are counted by the monotonic clock from the moment of the request, so a clock that is wrong or jumps costs
 * nothing here.
 *
 * @throws {TypeError} when an option is out of its range
 */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const resolved = resolveOptions(options);
  const { clock } = resolved;
  let state = newState(options.grant);
  let isDisposed = false;

  /** The request under way, or a new one. */
  function request(of: IdentityState): Promise<HeldToken> {
    of.request ??= exchange(of, resolved).finally(() => {
      of.request = undefined;
    });
    return of.request;
  }

  function isBackingOff({ failure }: IdentityState): boolean {
    return failure !== undefined && clock.monotonicMs() < failure.retryAtMs;
  }

  function usableToken(of: IdentityState): string | undefined {
    const nowMs = clock.monotonicMs();
    if (of.held === undefined || nowMs >= of.held.usableUntilMs) return undefined;
    // A failure is kept in the state, and told when the token is used up.
    if (nowMs >= of.held.refreshAtMs && !isBackingOff(of)) request(of).catch(() => undefined);
    return of.held.value;
  }

  async function token({ signal }: { readonly signal?: AbortSignal } = {}): Promise<string> {
    for (;;) {
      if (isDisposed || signal?.aborted === true) throw abortedError("an access token", signal?.reason);
      const asked = state;
      const usable = usableToken(asked);
      if (usable !== undefined) return usable;
      if (asked.request === undefined && isBackingOff(asked)) throw asked.failure?.error;
      try {
        const { value } = await untilAborted(request(asked), signal, "an access token");
        if (asked === state) return value;
      } catch (error) {
        if (asked === state) throw error;
      }
      // The identity was replaced meanwhile: ask as the present one.
    }
  }

  return {
    token,
    invalidate(value) {
      if (state.held?.value === value) state.held = undefined;
    },
    replaceGrant(grant) {
      state.controller.abort(new Error("The identity was replaced."));
      state = newState(grant);
    },
    [Symbol.dispose]() {
      isDisposed = true;
      state.controller.abort(new Error("The token source is disposed."));
      state = newState(state.grant);
    },
  };
}

/** One request with its consequences for the identity that it was made for. */
async function exchange(state: IdentityState, options: ResolvedOptions): Promise<HeldToken> {
  const { clock, onRequest } = options;
  const startedAtMs = clock.monotonicMs();
  const outcome = await requestHeld(state, options).catch((error: unknown) => ({ error }));
  const durationMs = clock.monotonicMs() - startedAtMs;
  if ("error" in outcome) {
    const { error } = outcome;
    if (!state.controller.signal.aborted) {
      const retryInMs = noteFailure(state, error, options);
      onRequest?.({ outcome: "failed", durationMs, error, retryInMs });
    }
    throw error;
  }
  const { held, granted } = outcome;
  state.held = held;
  state.failure = undefined;
  const { lifetimeMs, clockSkewMs } = granted;
  onRequest?.({ outcome: "granted", durationMs, lifetimeMs, clockSkewMs });
  return held;
}

async function requestHeld({ grant, controller }: IdentityState, options: ResolvedOptions) {
  const granted = await requestToken({ ...options, grant, signal: controller.signal });
  const held = toHeld(granted, options);
  if (held.usableUntilMs <= options.clock.monotonicMs()) {
    throw new TokenEndpointError(
      "token_response_invalid",
      "The access token had expired when it arrived.",
      {},
    );
  }
  return { held, granted };
}

function noteFailure(state: IdentityState, error: unknown, options: ResolvedOptions): number {
  const count = (state.failure?.count ?? 0) + 1;
  const retryInMs = Math.max(backoffMs(options.backoff, count, options.random), retryAfterOf(error));
  state.failure = { error, count, retryAtMs: options.clock.monotonicMs() + retryInMs };
  return retryInMs;
}

function toHeld({ value, lifetimeMs, sentAtMs }: AccessToken, options: ResolvedOptions): HeldToken {
  const marginMs = Math.min(lifetimeMs * (1 - options.refreshAfterShare), options.maxRefreshMarginMs);
  const safetyMs = Math.min(lifetimeMs * SAFETY_SHARE, MAX_SAFETY_MS);
  return {
    value,
    refreshAtMs: sentAtMs + lifetimeMs - marginMs,
    usableUntilMs: sentAtMs + lifetimeMs - safetyMs,
  };
}

function retryAfterOf(error: unknown): number {
  const asked = error instanceof TokenEndpointError ? (error.retryAfterMs ?? 0) : 0;
  return Math.min(asked, MAX_RETRY_AFTER_MS);
}

function newState(grant: TokenGrant): IdentityState {
  return { grant, controller: new AbortController() };
}

function resolveOptions(options: TokenSourceOptions): ResolvedOptions {
  const backoff = options.backoff ?? DEFAULT_BACKOFF;
  const range = { min: 0, max: 86_400_000 };
  return {
    transport: options.transport ?? fetchTransport,
    headers: options.headers ?? {},
    timeoutMs: numberOption("timeoutMs", options.timeoutMs, 10_000, { min: 1, max: 300_000 }),
    refreshAfterShare: numberOption("refreshAfterShare", options.refreshAfterShare, 0.8, { min: 0, max: 1 }),
    maxRefreshMarginMs: numberOption("maxRefreshMarginMs", options.maxRefreshMarginMs, 300_000, range),
    backoff: {
      minMs: numberOption("backoff.minMs", backoff.minMs, 0, range),
      maxMs: numberOption("backoff.maxMs", backoff.maxMs, 0, { ...range, min: backoff.minMs }),
    },
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    ...(options.onRequest === undefined ? {} : { onRequest: options.onRequest }),
  };
}
