// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { setTimeout as wait } from "node:timers/promises";
import { seededRandom } from "@repo/testkit";
import { checkBody, readBody } from "./body.ts";
import { S3Error } from "./errors.ts";
import { insteadOf, listingFaultOf, type Silence, spoil, writeReply } from "./fault-effects.ts";
import {
  type Fault,
  type FaultFunction,
  FaultPlan,
  type FaultRequest,
  type FaultRule,
} from "./fault-rules.ts";
import { handle } from "./handle.ts";
import { portOf } from "./port.ts";
import { type Reply, textReply } from "./reply.ts";
import { parseRequest, type S3Request } from "./request.ts";
import { RequestLog } from "./request-log.ts";
import { type Credentials, SignatureVerifier } from "./signature.ts";
import { Store } from "./store.ts";
import type { TlsIdentity } from "./tls.ts";
import { errorDocument } from "./xml.ts";

export const DEFAULT_CREDENTIALS: Credentials = { accessKeyId: "fault-key", secretAccessKey: "fault-secret" };

export interface FaultS3Options {
  /** Default 0: a free port. Always on 127.0.0.1. */
  readonly port?: number;
  /** Default {@link DEFAULT_CREDENTIALS}. */
  readonly credentials?: readonly Credentials[];
  /** Default "us-east-1"; signatures for another are refused. */
  readonly region?: string;
  readonly buckets?: readonly string[];
  /** Each answer waits so long, milliseconds. Default 0. */
  readonly latencyMs?: number;
  /** How far the server's clock is ahead of the machine's, milliseconds. Default 0. */
  readonly clockAheadMs?: number;
  /** "opaque": ETags of 32 hex digits that are no MD5. Default "md5". */
  readonly etags?: "md5" | "opaque";
  readonly faults?: readonly FaultRule[] | FaultFunction;
  /** Seed of the probabilities in rules. Default 1. */
  readonly seed?: number;
  /** Buckets are also reached as `<bucket>.<baseHost>`. */
  readonly baseHost?: string;
  /** Serves HTTPS with this certificate. */
  readonly tls?: TlsIdentity;
}

/** The S3 server itself, in this process; {@link FaultS3.store} is its state, open to tests. */
export class FaultS3 implements AsyncDisposable {
  readonly store: Store;
  readonly log = new RequestLog();
  readonly region: string;
  latencyMs: number;
  readonly #options: FaultS3Options;
  readonly #verifier: SignatureVerifier;
  readonly #server: Server;
  #decide: FaultFunction;
  #sequence = 0;

  constructor(options: FaultS3Options) {
    this.#options = options;
    this.region = options.region ?? "us-east-1";
    this.latencyMs = options.latencyMs ?? 0;
    const now = () => Date.now() + (options.clockAheadMs ?? 0);
    this.store = new Store({ etags: options.etags ?? "md5", now });
    for (const name of options.buckets ?? []) this.store.createBucket(name);
    const credentials = options.credentials ?? [DEFAULT_CREDENTIALS];
    this.#verifier = new SignatureVerifier({ credentials, region: this.region, now });
    this.#decide = () => undefined;
    this.setFaults(options.faults ?? []);
    const listener = (request: IncomingMessage, response: ServerResponse) =>
      void this.#serve(request, response);
    const { tls } = options;
    this.#server =
      tls === undefined
        ? createHttpServer(listener)
        : createHttpsServer({ key: tls.privateKey, cert: tls.certificate }, listener);
    this.#server.keepAliveTimeout = 60_000;
  }

  async listen(): Promise<void> {
    this.#server.listen(this.#options.port ?? 0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** By address; by name in `tls` where the certificate has one. */
  get endpoint(): string {
    return `${this.#options.tls === undefined ? "http" : "https"}://127.0.0.1:${this.port}`;
  }

  /** Replaces the faults; counting of matches and of probabilities starts again. */
  setFaults(faults: readonly FaultRule[] | FaultFunction): void {
    if (typeof faults === "function") this.#decide = faults;
    else {
      const plan = new FaultPlan(faults, seededRandom(this.#options.seed ?? 1));
      this.#decide = (request) => plan.faultFor(request);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#sequence += 1;
    const sequence = this.#sequence;
    const exchange = { sequence, accessKeyId: "", request: undefined, fault: undefined };
    try {
      const reply = await this.#answer(message, exchange);
      this.#record(exchange, typeof reply === "string" ? 0 : reply.status);
      await this.#send(response, reply, exchange);
    } catch (error) {
      const s3Error =
        error instanceof S3Error ? error : new S3Error("InternalError", { message: String(error) });
      this.#record(exchange, s3Error.status, s3Error.code);
      await this.#send(response, this.#errorReply(message, s3Error), exchange);
    }
  }

  async #answer(message: IncomingMessage, exchange: Exchange): Promise<Reply | Silence> {
    // The body is read first, whatever becomes of the request: an answer before its end would confuse keep-alive.
    const raw = await readBody(message);
    if (this.latencyMs > 0) await wait(this.latencyMs);
    const request = parseRequest(message, this.#options.baseHost);
    exchange.request = request;
    exchange.accessKeyId = this.#verifier.verify(request);
    const fault = this.#decide({
      ...request,
      sequence: exchange.sequence,
      accessKeyId: exchange.accessKeyId,
    });
    exchange.fault = fault;
    if (fault?.kind === "delay") await wait(fault.ms);
    const instead = insteadOf(fault);
    if (instead !== undefined) return instead;
    const body = checkBody(request, raw);
    const { store, region } = this;
    return spoil(handle({ request, store, region, body, listingFault: listingFaultOf(fault) }), fault);
  }

  async #send(
    response: ServerResponse,
    reply: Reply | Silence,
    { sequence, fault }: Exchange,
  ): Promise<void> {
    if (reply === "hang") return;
    if (reply === "reset") {
      response.socket?.resetAndDestroy();
      return;
    }
    const headers = {
      ...reply.headers,
      "x-amz-request-id": requestId(sequence),
      date: new Date(this.store.now()).toUTCString(),
    };
    await writeReply(response, { ...reply, headers }, fault);
  }

  #errorReply(message: IncomingMessage, error: S3Error): Reply {
    const headers = {
      ...error.headers,
      ...(error.code === "NoSuchKey" ? undefined : { "x-amz-bucket-region": this.region }),
    };
    if (message.method === "HEAD" || error.status === 304) return { status: error.status, headers, body: [] };
    const resource = (message.url ?? "/").split("?")[0] ?? "/";
    return textReply(
      error.status,
      "application/xml",
      errorDocument(error, resource, requestId(this.#sequence)),
      headers,
    );
  }

  #record({ sequence, request, accessKeyId, fault }: Exchange, status: number, code?: string): void {
    this.log.add({
      sequence,
      operation: request?.operation ?? "Unknown",
      bucket: request?.bucket ?? "",
      key: (request?.key || request?.query.get("prefix")) ?? "",
      accessKeyId,
      status,
      ...(code === undefined ? undefined : { code }),
      ...(fault === undefined ? undefined : { fault: fault.kind }),
    });
  }
}

interface Exchange {
  readonly sequence: number;
  accessKeyId: string;
  request: S3Request | undefined;
  fault: Fault | undefined;
}

/** Tells the requests of one server from those of another in what clients print. */
const SERVER_ID = randomBytes(4).toString("hex").toUpperCase();

function requestId(sequence: number): string {
  return `${SERVER_ID}${String(sequence).padStart(8, "0")}`;
}

/** Starts a server on 127.0.0.1; dispose it to stop. */
export async function startFaultS3(options: FaultS3Options = {}): Promise<FaultS3> {
  const server = new FaultS3(options);
  await server.listen();
  return server;
}

export type { Fault, FaultFunction, FaultRequest, FaultRule };
