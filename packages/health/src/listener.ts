// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { toHealthServerError } from "./health-server-error.ts";

/** One answer; always small text. */
export interface Answer {
  readonly status: number;
  readonly contentType?: string;
  readonly body: string;
}

/** @param url only its path and query are meaningful */
type Respond = (url: URL) => Promise<Answer>;

/** Enough for every prober at once, and a bound on what idle or slow clients can hold. */
const maxConnections = 128;
const maxHeaderBytes = 8192;
/** For answers under way when the listener closes. */
const closeGraceMs = 1000;

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** For a whole request, however slowly its bytes come, and for a connection without one. */
  readonly requestTimeoutMs: number;
  readonly respond: Respond;
}

/** An HTTP server for GET and HEAD that slow, silent and chatty clients cannot exhaust. */
export class Listener implements AsyncDisposable {
  readonly #server: Server;
  #closing: Promise<void> | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @throws {HealthServerError} when the address cannot be had */
  static async open({ host, port, requestTimeoutMs, respond }: ListenerOptions): Promise<Listener> {
    const server = createServer(
      {
        maxHeaderSize: maxHeaderBytes,
        requestTimeout: requestTimeoutMs,
        keepAliveTimeout: requestTimeoutMs,
        connectionsCheckingInterval: requestTimeoutMs / 5,
      },
      (request, response) => void handle(request, response, respond),
    );
    server.maxConnections = maxConnections;
    try {
      // Without a host Node listens on :: and falls back to 0.0.0.0 where there is no IPv6.
      server.listen(host === "*" ? { port } : { host: host.replace(/^\[(.*)\]$/, "$1"), port });
      await once(server, "listening");
    } catch (error) {
      throw toHealthServerError(error, host, port);
    }
    return new Listener(server);
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Stops listening; answers under way get one second. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const timer = setTimeout(() => this.#server.closeAllConnections(), closeGraceMs);
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeIdleConnections();
    await closed;
    clearTimeout(timer);
  }
}

async function handle(request: IncomingMessage, response: ServerResponse, respond: Respond): Promise<void> {
  // Nothing here takes a body: rather than read one, end the connection after the answer.
  const hasBody =
    request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
  if (hasBody) response.setHeader("Connection", "close");
  try {
    const answer = await answerTo(request, response, respond);
    response.writeHead(answer.status, {
      "Content-Type": answer.contentType ?? "text/plain; charset=utf-8",
      "Content-Length": Buffer.byteLength(answer.body),
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
    });
    response.end(request.method === "HEAD" ? undefined : answer.body);
  } catch {
    response.destroy();
  }
}

async function answerTo(
  request: IncomingMessage,
  response: ServerResponse,
  respond: Respond,
): Promise<Answer> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return { status: 405, body: "only GET and HEAD are answered here\n" };
  }
  const url = URL.parse(request.url ?? "", "http://health.invalid");
  return url === null ? { status: 400, body: "the request target is not a path\n" } : respond(url);
}
