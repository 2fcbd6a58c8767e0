// SPDX-License-Identifier: MIT
import { randomUUID } from "node:crypto";
import {
  type ConcurrencyLimit,
  createConcurrencyLimit,
  createHttpClient,
  type Environment,
  type HttpClient,
  HttpError,
  type HttpResponse,
  waitMs,
} from "@repo/http-retry";
import type { Author } from "../objects/author.ts";
import type { ServiceName, WriteCall } from "../objects/plan.ts";
import type { Resource } from "../objects/world.ts";
import { UnavailableError } from "../unavailable-error.ts";
import type { WriteAnswer } from "./answer.ts";
import type { AuthHeaders } from "./auth-headers.ts";
import { type CallName, callReason, labelOf, toUnavailable } from "./call-reason.ts";
import { isNotFound, isTokenRefusal, jsonObjectOf } from "./error-body.ts";
import { publicText } from "./public-text.ts";
import { parseServiceAddress } from "./service-address.ts";
import type { Method, ServiceEvents, ServiceLoad } from "./service-events.ts";
import { pathProblem } from "./service-paths.ts";
import { toDone, toWriteAnswer } from "./write-answer.ts";

export interface ServiceClientOptions {
  readonly service: ServiceName;
  readonly baseUrl: string | URL;
  readonly auth: AuthHeaders;
  /** In whose name things are read. */
  readonly reader: Author;
  /** One request with its whole answer; milliseconds. */
  readonly requestTimeoutMs: number;
  /** Longest wait for a turn, before a write is sent; milliseconds. */
  readonly turnTimeoutMs: number;
  readonly maxInFlight: number;
  /** Where proxies are named. */
  readonly env: Environment;
  readonly events: ServiceEvents;
}

/** Larger answers are no object of v2: 50 sources of 2048 characters are the longest list there is. */
const maxResponseBytes = 4 * 1024 * 1024;

interface Outgoing extends CallName {
  readonly author: Author;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly maxAttempts: number;
  /** Reading of the monotonic clock. */
  readonly deadline: number;
}

/** One of the two services of v2. */
export class ServiceClient implements AsyncDisposable {
  readonly #options: ServiceClientOptions;
  readonly #prefix: string;
  readonly #where: string;
  readonly #limit: ConcurrencyLimit;
  readonly #client: HttpClient;

  constructor(options: ServiceClientOptions) {
    this.#options = options;
    const { origin, prefix } = parseServiceAddress(options.baseUrl);
    const { service, maxInFlight, requestTimeoutMs, turnTimeoutMs, env, events } = options;
    this.#prefix = prefix;
    this.#where = `${service} service at ${origin}${prefix}`;
    // Begun at its top: an operator set it, and found out from below it would take a slow service minutes to reach.
    this.#limit = createConcurrencyLimit({ max: maxInFlight, start: maxInFlight, maxWaitMs: turnTimeoutMs });
    this.#client = createHttpClient({
      origin,
      env,
      concurrency: this.#limit,
      maxConnections: maxInFlight,
      timeoutMs: requestTimeoutMs,
      connectTimeoutMs: Math.min(requestTimeoutMs, 5000),
      maxResponseBytes,
      redact: publicText,
      // A refused token is refused again, however long one waits.
      classify: ({ response }) =>
        response !== undefined && isTokenRefusal(response) ? "permanent" : undefined,
      onRetry: ({ kind, waitMs, status }) =>
        events.onRetry?.({ service, kind, waitMs, ...(status === undefined ? {} : { status }) }),
    });
  }

  load(): ServiceLoad {
    const { limit, inFlight, waiting, pausedMs } = this.#limit;
    return { service: this.#options.service, limit, inFlight, waiting, pausedMs };
  }

  /** {@link V2Services.get} */
  async get(path: string): Promise<Resource | undefined> {
    const problem = pathProblem(this.#options.service, path);
    if (problem !== undefined) throw new UnavailableError(problem);
    const { requestTimeoutMs, reader } = this.#options;
    const name = this.#name("GET", path);
    const deadline = performance.now() + 2 * requestTimeoutMs;
    const answer = await this.#exchange({ ...name, author: reader, headers: {}, maxAttempts: 3, deadline });
    if (answer instanceof HttpError) {
      if (answer.response !== undefined && isNotFound(answer.response)) return undefined;
      throw toUnavailable(name, answer);
    }
    return toResource(name, answer);
  }

  /** {@link V2Services.send} */
  async send(call: WriteCall, author: Author): Promise<WriteAnswer> {
    const problem = pathProblem(this.#options.service, call.path);
    if (problem !== undefined) return { result: "refused", reason: problem };
    const { requestTimeoutMs, turnTimeoutMs } = this.#options;
    const name = this.#name(call.method, call.path);
    const answer = await this.#exchange({
      ...name,
      author,
      headers: headersOf(call),
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      maxAttempts: 1,
      deadline: performance.now() + requestTimeoutMs + turnTimeoutMs,
    });
    return answer instanceof HttpError ? toWriteAnswer(name, answer) : toDone(name, answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }

  #name(method: Method, path: string): CallName {
    return { method, path, requestId: randomUUID(), where: this.#where };
  }

  /** A token that is not accepted any more costs one repeat, within the same time: nothing was carried out. */
  async #exchange(outgoing: Outgoing): Promise<HttpResponse | HttpError> {
    const { auth, service, requestTimeoutMs } = this.#options;
    const first = await this.#request(outgoing);
    if (!(first instanceof HttpError) || first.response === undefined) return first;
    if (!isTokenRefusal(first.response)) return first;
    // With less time than half a write is too likely to end with nobody knowing what became of it.
    const latest = outgoing.deadline - requestTimeoutMs / 2;
    await atMost(latest - performance.now(), auth.refused(outgoing.author, service));
    return performance.now() < latest ? this.#request(outgoing) : first;
  }

  async #request(outgoing: Outgoing): Promise<HttpResponse | HttpError> {
    const { auth, service } = this.#options;
    const { method, path, author, headers, body, maxAttempts, deadline } = outgoing;
    const startedAt = performance.now();
    const answer = await this.#client
      .request({
        method,
        path: this.#prefix + path,
        label: labelOf(outgoing),
        headers: { accept: "application/json", "x-request-id": outgoing.requestId, ...headers },
        ...(body === undefined ? {} : { body }),
        sign: () => auth.headersFor(author, service),
        policy: { maxAttempts, totalMs: Math.max(deadline - startedAt, 0) },
      })
      .catch((error: unknown) => {
        if (error instanceof HttpError) return error;
        throw error;
      });
    this.#tell(outgoing, answer, performance.now() - startedAt);
    return answer;
  }

  #tell({ method, path, requestId }: CallName, answer: HttpResponse | HttpError, durationMs: number): void {
    const { status, attempts } = answer;
    this.#options.events.onCall?.({
      method,
      path,
      requestId,
      service: this.#options.service,
      statusClass: status === undefined ? "none" : `${Math.floor(status / 100)}xx`,
      ...(status === undefined ? {} : { status }),
      durationMs,
      retries: attempts - 1,
    });
  }
}

/** Waits for `promise`, which goes on by itself when it takes longer than `ms`. */
async function atMost(ms: number, promise: void | Promise<void>): Promise<void> {
  if (promise === undefined) return;
  const over = new AbortController();
  await Promise.race([promise, waitMs(ms, over.signal)]).finally(() => over.abort());
}

/** @see lfx-v2-committee-service: `X-Sync` waits for the search index, `X-Skip-Notification` is for members only */
function headersOf({ service, method, path, body, ifMatch }: WriteCall): Record<string, string> {
  const isMember = /^\/committees\/[^/?]+\/members/.test(path);
  return {
    // The edge takes a create only with exactly this: no charset.
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
    ...(service === "committee" ? { "x-sync": "false" } : {}),
    ...(isMember && skipsNotification.has(method) ? { "x-skip-notification": "true" } : {}),
  };
}

const skipsNotification: ReadonlySet<Method> = new Set<Method>(["POST", "DELETE"]);

function toResource(name: CallName, response: HttpResponse): Resource {
  const body = jsonObjectOf(response);
  const { etag } = response.headers;
  if (response.status === 200 && body !== undefined && typeof etag === "string" && etag !== "") {
    return { body, etag };
  }
  const what =
    response.status !== 200
      ? "which is no answer to a read"
      : body === undefined
        ? "with something that is no JSON object"
        : "without an ETag, so that it could not be updated";
  const text = `was answered ${response.status} ${what}; check the service's address and what is in front of it`;
  throw new UnavailableError(callReason("service_unavailable", name, text, response.status));
}
