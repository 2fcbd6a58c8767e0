// SPDX-License-Identifier: Apache-2.0
import type { LookupFunction } from "node:net";
import { Sha256 } from "@aws-crypto/sha256-js";
import {
  type AttemptRequest,
  createHttpClient,
  type Environment,
  type HttpClient,
  type HttpResponse,
  type RequestHeaders,
} from "@repo/http-retry";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Side } from "../side.ts";
import { addressOf, type BucketAddress, requestPath } from "./address.ts";
import { errorCodeOf } from "./error-code.ts";
import { signingRegion } from "./side-words.ts";

/** A listing of two keys is small; a server that ignores `max-keys` sends a thousand. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;

export interface SignedClientOptions {
  /** For one attempt; milliseconds. */
  readonly timeoutMs: number;
  readonly caCert?: string | undefined;
  readonly insecureSkipVerify: boolean;
  /** Where proxies are looked up. */
  readonly env?: Environment | undefined;
  readonly lookup?: LookupFunction | undefined;
}

export interface SignedRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Default "": the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Attempts in all; default 3. Only a 5xx, a 429 and a lost connection are followed by another. */
  readonly maxAttempts?: number;
  readonly signal: AbortSignal;
}

/** Sends signed S3 requests to one side. */
export interface SignedClient extends AsyncDisposable {
  /**
   * @returns any answer that came, whatever its status, after the retries
   * @throws {HttpError} where none came
   */
  send(request: SignedRequest): Promise<HttpResponse>;
}

/** @throws {TypeError} for a CA certificate that is none */
export function createSignedClient(side: Side, options: SignedClientOptions): SignedClient {
  const address = addressOf(side);
  const signer = new SignatureV4({
    service: "s3",
    region: signingRegion(side),
    credentials: side.credentials,
    sha256: Sha256,
    uriEscapePath: false,
  });
  const http = createHttpClient({
    origin: address.origin,
    timeoutMs: options.timeoutMs,
    policy: { totalMs: options.timeoutMs, baseMs: 200, throttledBaseMs: 400, maxRetryAfterMs: 2000 },
    maxResponseBytes: MAX_RESPONSE_BYTES,
    insecureSkipVerify: options.insecureSkipVerify,
    // A name that does not exist is a typing error far more often than a Service in the making.
    classify: ({ error }) => (errorCodeOf(error) === "ENOTFOUND" ? "permanent" : undefined),
    accept: (status) => status < 500 && status !== 429,
    sign: (request) => sign(signer, request),
    ...(options.caCert === undefined ? undefined : { caPem: options.caCert }),
    ...(options.env === undefined ? undefined : { env: options.env }),
    ...(options.lookup === undefined ? undefined : { lookup: options.lookup }),
  });
  return {
    send: (request) => send(http, address, request),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  };
}

async function send(http: HttpClient, address: BucketAddress, request: SignedRequest): Promise<HttpResponse> {
  const { method, key = "", query = {}, body, maxAttempts = 3, signal } = request;
  return http.request({
    method,
    path: requestPath(address, key, query),
    policy: { maxAttempts },
    signal,
    ...(body === undefined ? undefined : { body }),
  });
}

async function sign(signer: SignatureV4, request: AttemptRequest): Promise<RequestHeaders> {
  const { protocol, hostname, host, port } = new URL(request.origin);
  const [path = "/", search = ""] = request.path.split("?");
  const signed = await signer.sign(
    new HttpRequest({
      method: request.method,
      protocol,
      hostname,
      ...(port === "" ? undefined : { port: Number(port) }),
      path,
      query: Object.fromEntries(new URLSearchParams(search)),
      headers: { host },
      ...(typeof request.body === "string" ? { body: request.body } : undefined),
    }),
  );
  return signed.headers;
}
