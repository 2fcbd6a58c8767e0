// SPDX-License-Identifier: Apache-2.0
import {
  type Client,
  Code,
  ConnectError,
  createClient,
  type Interceptor,
  type Transport,
} from "@connectrpc/connect";
import { createConnectTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { JobEventsService, JobService } from "../gen/job/v1/job_pb.ts";
import type { ClientError } from "./client-error.ts";
import { connectTimeout, type ServerContext } from "./explain-connection.ts";
import { toClientError } from "./explain-error.ts";
import { formatServer, parseServerUrl } from "./server-url.ts";
import { noToken, type TokenProvider } from "./token-provider.ts";
import type { Trust } from "./trust.ts";

export interface JobClientsOptions {
  /** See {@link parseServerUrl}. */
  readonly server: string;
  /** Default: no token is sent. */
  readonly token?: TokenProvider;
  /** See `loadTrust`; without it Node's own authorities count. Not used over http. */
  readonly trust?: Trust;
  /** Milliseconds without a byte after which the connection is tried; default 15,000. */
  readonly pingIntervalMs?: number;
  /** Milliseconds until an unanswered try ends the connection; default 10,000. */
  readonly pingTimeoutMs?: number;
  /** Milliseconds until a connection must stand; default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds that a call without a deadline of its own may take; default 30,000. Streams have no limit. */
  readonly callTimeoutMs?: number;
}

/** Both services over one HTTP/2 connection, which is opened at the first call and again after it was lost. */
export interface JobClients extends Disposable {
  /** For messages: `https://localhost:8080`. */
  readonly server: string;
  readonly jobs: Client<typeof JobService>;
  readonly events: Client<typeof JobEventsService>;
  /**
   * Opens the connection where there is none.
   * @throws {ClientError} that says what stands in the way better than a failed call could
   */
  connect(signal?: AbortSignal): Promise<void>;
  /** What a call threw, as a sentence for people. */
  explain(error: unknown): ClientError;
}

/** Messages of the server that are larger than this are refused: an event has at most 350 KiB, old servers send more. */
const maxMessageBytes = 64 * 1024 * 1024;

/** @throws {ClientError} `bad_setting` for an address that cannot be used */
export function createJobClients(options: JobClientsOptions): JobClients {
  const url = parseServerUrl(options.server);
  const server = formatServer(url);
  let hasAnswered = false;
  const context: ServerContext = {
    server,
    url,
    trustedBy: options.trust?.source,
    hasAnswered: () => hasAnswered,
  };
  const session = new GuardedSessionManager(
    url,
    { pingIntervalMs: options.pingIntervalMs ?? 15_000, pingTimeoutMs: options.pingTimeoutMs ?? 10_000 },
    options.trust !== undefined && url.protocol === "https:" ? { ca: [...options.trust.certificates] } : {},
  );
  session.connectTimeoutMs = options.connectTimeoutMs ?? session.connectTimeoutMs;
  const transport = createConnectTransport({
    baseUrl: server,
    httpVersion: "2",
    sessionManager: session,
    interceptors: [
      authorize(options.token ?? noToken),
      (next) => async (request) => {
        const response = await next(request);
        hasAnswered = true;
        return response;
      },
    ],
    readMaxBytes: maxMessageBytes,
    // Output is many small messages: compressing each costs the server more than it saves on the way.
    acceptCompression: [],
  });
  const limited = limitCalls(transport, options.callTimeoutMs ?? 30_000);
  return {
    server,
    jobs: createClient(JobService, limited),
    events: createClient(JobEventsService, limited),
    connect: (signal) =>
      openSession(session, context, { deadlineMs: options.connectTimeoutMs ?? 10_000, signal }),
    explain: (error) => toClientError(error, context),
    [Symbol.dispose]: () => session.abort(),
  };
}

/**
 * The library takes its listeners off a session that is broken but has not said so yet when it is told to close it;
 * the error that comes then would end the whole program.
 */
class GuardedSessionManager extends Http2SessionManager {
  /** Milliseconds until a connection must stand. */
  connectTimeoutMs = 10_000;
  readonly #guarded = new WeakSet<object>();

  override async request(
    ...call: Parameters<Http2SessionManager["request"]>
  ): ReturnType<Http2SessionManager["request"]> {
    const stream = await this.#withinLimit(super.request(...call));
    const { session } = stream;
    if (session !== undefined && !this.#guarded.has(session)) {
      this.#guarded.add(session);
      session.on("error", () => undefined);
    }
    return stream;
  }

  /**
   * The library waits for a connection for ever, and every later call waits for the same one: a handshake that is
   * never answered would cut the client off for good.
   */
  async #withinLimit<T>(request: Promise<T>): Promise<T> {
    const limit = setTimeout(() => {
      if (this.state() === "connecting")
        this.abort(new ConnectError("the connection did not come about in time", Code.Unavailable));
    }, this.connectTimeoutMs);
    try {
      return await request;
    } finally {
      clearTimeout(limit);
    }
  }
}

function authorize(token: TokenProvider): Interceptor {
  return (next) => async (request) => {
    const value = await token();
    if (value !== undefined) request.header.set("Authorization", `Bearer ${value}`);
    return next(request);
  };
}

/** The transport's own default would end streams too. */
function limitCalls(transport: Transport, callTimeoutMs: number): Transport {
  return {
    unary: (method, signal, timeoutMs, ...rest) =>
      transport.unary(method, signal, timeoutMs ?? callTimeoutMs, ...rest),
    stream: (...call) => transport.stream(...call),
  };
}

interface OpenOptions {
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/** A host that swallows packets would be waited for for minutes by the system; the abort ends that. */
async function openSession(
  session: Http2SessionManager,
  context: ServerContext,
  { deadlineMs, signal }: OpenOptions,
): Promise<void> {
  signal?.throwIfAborted();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    session.abort();
  }, deadlineMs);
  const abort = (): void => session.abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const state = await session.connect();
    signal?.throwIfAborted();
    if (isLate) throw connectTimeout(context, deadlineMs);
    if (state === "error") throw toClientError(session.error(), context);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
