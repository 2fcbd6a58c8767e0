// SPDX-License-Identifier: Apache-2.0
import type { Signals } from "./abort.ts";
import { type AttemptFailure, describeFailure } from "./attempt-failure.ts";
import { NoTurnError } from "./concurrency-limit.ts";
import { ExchangeFailure } from "./exchange.ts";
import { classifyFailure, classifyStatus } from "./failure-kind.ts";
import { checkLimit, type ResolvedClient, toPredicate } from "./http-client-options.ts";
import { HttpError, type HttpErrorCode } from "./http-error.ts";
import {
  type HttpRequest,
  isRepeatable,
  mergeHeaders,
  type RequestHeaders,
  type Sign,
} from "./http-request.ts";
import { type HttpResponse, type RawResponse, ReceivedResponse } from "./http-response.ts";
import { retryAfterOf } from "./retry-after.ts";
import { type RetryPolicy, resolveRetryPolicy, waitAfterFailure } from "./retry-policy.ts";
import { LimitPassed, waitUnder, withinLimit } from "./wait.ts";

/** {@link HttpClient.request} over what was resolved. */
export async function runRequest(client: ResolvedClient, request: HttpRequest): Promise<HttpResponse> {
  return new RequestRun(client, request).toEnd();
}

class RequestRun {
  readonly #client: ResolvedClient;
  readonly #request: HttpRequest;
  readonly #policy: RetryPolicy;
  readonly #deadline: number;
  readonly #accept: (status: number) => boolean;
  readonly #sign: Sign | undefined;
  readonly #timeoutMs: number;
  readonly #maxResponseBytes: number;
  #attempts = 0;
  #failures = 0;
  #wasSent = false;
  #isRefreshed = false;
  #credentials = 0;
  #taken: number | undefined;

  constructor(client: ResolvedClient, request: HttpRequest) {
    this.#client = client;
    this.#request = request;
    checkRequest(request);
    this.#policy =
      request.policy === undefined ? client.policy : resolveRetryPolicy(request.policy, client.policy);
    this.#deadline = client.clock.now() + this.#policy.totalMs;
    this.#accept = toPredicate(request.accept) ?? client.accept;
    this.#sign = request.sign ?? client.sign;
    this.#timeoutMs = request.timeoutMs ?? client.timeoutMs;
    this.#maxResponseBytes = request.maxResponseBytes ?? client.maxResponseBytes;
  }

  async toEnd(): Promise<HttpResponse> {
    for (;;) {
      const result = await this.#attempt();
      if (result instanceof ReceivedResponse) {
        this.#client.budget.refund(this.#taken);
        return result;
      }
      const failure = await this.#afterRefresh(result);
      if (failure !== undefined) await this.#waitOrThrow(failure);
    }
  }

  async #attempt(): Promise<ReceivedResponse | AttemptFailure> {
    this.#attempts += 1;
    this.#credentials = this.#client.refresh?.generation ?? 0;
    let headers: RequestHeaders | undefined;
    try {
      headers = this.#sign === undefined ? this.#plainHeaders() : await this.#signedHeaders(this.#sign);
    } catch (error) {
      return this.#withoutCredentials(error, "sign");
    }
    const limitMs = Math.max(Math.min(this.#timeoutMs, this.#deadline - this.#client.clock.now()), 0);
    try {
      const response = new ReceivedResponse(await this.#send(headers, limitMs), this.#attempts);
      this.#wasSent = true;
      return this.#accept(response.status) ? response : this.#rejected(response);
    } catch (error) {
      if (error instanceof ExchangeFailure) return this.#broken(error, limitMs);
      throw error;
    }
  }

  #send(headers: RequestHeaders | undefined, limitMs: number): Promise<RawResponse> {
    const { send, dispatcher, clock, origin } = this.#client;
    const { method, path, body, signal } = this.#request;
    const maxResponseBytes = this.#maxResponseBytes;
    return send({
      dispatcher,
      clock,
      origin,
      method,
      path,
      headers,
      body,
      limitMs,
      deadline: this.#deadline,
      maxResponseBytes,
      signal,
    });
  }

  #plainHeaders(): RequestHeaders | undefined {
    const { headers } = this.#client;
    return headers === undefined ? this.#request.headers : mergeHeaders(headers, this.#request.headers);
  }

  async #signedHeaders(sign: Sign): Promise<RequestHeaders> {
    const { method, path, body } = this.#request;
    const headers = mergeHeaders(this.#client.headers, this.#request.headers);
    const { origin } = this.#client;
    const unsigned = { method, path, origin, headers, attempt: this.#attempts };
    const added = sign(body === undefined ? unsigned : { ...unsigned, body });
    return mergeHeaders(headers, added instanceof Promise ? await this.#within(added) : added);
  }

  #rejected(response: HttpResponse): AttemptFailure {
    const retryAfterMs = retryAfterOf(response.headers, this.#client.clock.date());
    const own = classifyStatus(response.status);
    // A service that says when to come back is there, and has too much to do.
    const isThrottled = own === "transient" && response.status === 503 && retryAfterMs !== undefined;
    const kind = this.#client.classify?.({ response }) ?? (isThrottled ? "throttled" : own);
    return { kind, code: kind, response, retryAfterMs };
  }

  #broken({ reason, wasSent, cause }: ExchangeFailure, limitMs: number): AttemptFailure {
    this.#wasSent ||= wasSent;
    if (reason === "aborted" || this.#client.lifetime.aborted) {
      return { kind: "permanent", code: "aborted", error: cause };
    }
    if (reason === "no_turn") return this.#withoutTurn(cause);
    if (reason === "too_large") return { kind: "permanent", code: "response_too_large" };
    if (reason === "timeout") return { kind: "transient", code: "timeout", limitMs };
    // Through a proxy undici says the same of an answer 407, which is no mistake of the caller.
    if (isInvalidArgument(cause) && !this.#client.isProxied) {
      throw new TypeError(`The request cannot be sent: ${cause.message}.`, { cause });
    }
    const kind = this.#client.classify?.({ error: cause }) ?? classifyFailure(cause);
    return { kind, code: kind, error: cause };
  }

  /** Not repeated: whoever overfills the line is to know at once, and who waited in vain has had their time. */
  #withoutTurn(error: unknown): AttemptFailure {
    const retryAfterMs = error instanceof NoTurnError ? error.retryAfterMs : undefined;
    return { kind: "throttled", code: "overloaded", stage: "turn", error, retryAfterMs };
  }

  /** Not repeated here: whoever makes credentials has retries of its own. */
  #withoutCredentials(error: unknown, stage: "sign" | "refresh", response?: HttpResponse): AttemptFailure {
    const what = { error, stage, ...(response === undefined ? {} : { response }) };
    if (this.#isAborted()) return { kind: "permanent", code: "aborted", ...what };
    if (error instanceof LimitPassed) {
      return { kind: "transient", code: "timeout", limitMs: this.#policy.totalMs, ...what };
    }
    const kind = classifyFailure(error);
    return { kind, code: kind, ...what };
  }

  #isAborted(): boolean {
    return this.#request.signal?.aborted === true || this.#client.lifetime.aborted;
  }

  /** Renews credentials after the first 401; `undefined` when the request is to be sent again at once. */
  async #afterRefresh(failure: AttemptFailure): Promise<AttemptFailure | undefined> {
    const { refresh } = this.#client;
    if (failure.response?.status !== 401 || refresh === undefined || this.#isRefreshed) return failure;
    this.#isRefreshed = true;
    try {
      await this.#within(refresh.renewed(this.#credentials));
      return undefined;
    } catch (error) {
      return this.#withoutCredentials(error, "refresh", failure.response);
    }
  }

  async #waitOrThrow(failure: AttemptFailure): Promise<void> {
    this.#failures += 1;
    const { budget, clock, random, onRetry } = this.#client;
    if (!this.#mayRepeat(failure)) throw this.#error(failure);
    const pauseMs = waitAfterFailure(this.#failures, this.#policy, failure, random);
    if (clock.now() + pauseMs >= this.#deadline) throw this.#error(failure);
    this.#taken = budget.take(failure.code === "timeout");
    if (this.#taken === undefined) throw this.#error(failure, "budget_exhausted");
    const error = onRetry === undefined ? undefined : this.#error(failure);
    const status = failure.response === undefined ? {} : { status: failure.response.status };
    onRetry?.({
      request: this.#label(),
      attempt: this.#attempts,
      waitMs: pauseMs,
      kind: failure.kind,
      error,
      ...status,
    });
    await this.#pause(pauseMs, failure);
  }

  #mayRepeat(failure: AttemptFailure): boolean {
    if (failure.kind === "permanent" || failure.stage !== undefined) return false;
    if (this.#failures >= this.#policy.maxAttempts) return false;
    return !this.#wasSent || isRepeatable(this.#request);
  }

  async #pause(ms: number, failure: AttemptFailure): Promise<void> {
    try {
      await waitUnder(this.#signals(), ms, this.#client.clock);
    } catch (error) {
      throw this.#error({ ...failure, kind: "permanent", error }, "aborted");
    }
  }

  /** Ends with the request: by its signal, its time, or the client's end. */
  #within<T>(promise: Promise<T>): Promise<T> {
    const { clock } = this.#client;
    return withinLimit(promise, this.#signals(), this.#deadline - clock.now(), clock);
  }

  #signals(): Signals {
    return [this.#request.signal, this.#client.lifetime];
  }

  #label(): string {
    const { label, method, path } = this.#request;
    return label ?? `${method} ${this.#client.origin}${path.replace(/\?.*$/s, "")}`;
  }

  #error(failure: AttemptFailure, code: HttpErrorCode = failure.code): HttpError {
    const { kind, response, retryAfterMs, error: cause } = failure;
    const attempts = this.#attempts;
    const { message, excerpt } = describeFailure(failure, {
      label: this.#label(),
      code,
      attempts,
      maxResponseBytes: this.#maxResponseBytes,
      redact: this.#client.redact,
    });
    const details = { code, kind, attempts, wasSent: this.#wasSent, response, excerpt, retryAfterMs, cause };
    return new HttpError(message, details);
  }
}

function checkRequest(request: HttpRequest): void {
  if (!request.path.startsWith("/")) throw new TypeError("The path of a request must begin with a slash.");
  if (request.timeoutMs !== undefined) checkLimit("timeoutMs", request.timeoutMs);
  if (request.maxResponseBytes !== undefined) checkLimit("maxResponseBytes", request.maxResponseBytes);
}

function isInvalidArgument(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === "UND_ERR_INVALID_ARG";
}
