// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { type Decoded, decodeMetrics, decodeTraces } from "./decode.ts";
import type { Exchange } from "./exchange.ts";
import { OtlpError } from "./otlp-error.ts";

/** One request of OTLP/HTTP with protobuf. */
export async function answerHttp(
  request: IncomingMessage,
  response: ServerResponse,
  exchange: Exchange,
): Promise<void> {
  const body = await buffer(request).catch(() => undefined);
  // The client went away, which is its right.
  if (body === undefined) return;
  try {
    receive(request, body, exchange);
  } catch (error) {
    if (!(error instanceof OtlpError)) throw error;
    exchange.refuse(error.message);
    response.writeHead(400, { "content-type": "text/plain" }).end(error.message);
    return;
  }
  const answer = exchange.answer();
  if (answer.kind === "ok") response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  if (answer.kind === "failure")
    response.writeHead(answer.code, { "content-type": "text/plain" }).end(answer.message);
}

function receive({ method, url, headers }: IncomingMessage, body: Buffer, exchange: Exchange): void {
  if (method !== "POST") throw new OtlpError(`the method is ${method}`);
  const decode = decoders[url ?? ""];
  if (decode === undefined) throw new OtlpError(`the path is ${url}`);
  if (headers["content-type"] !== "application/x-protobuf")
    throw new OtlpError(`the content type is ${headers["content-type"]}`);
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "gzip")
    throw new OtlpError(`the content encoding is ${encoding}`);
  const isCompressed = encoding === "gzip";
  const decoded = decode(isCompressed ? gunzipSync(body) : body);
  exchange.accept({ signal: url === "/v1/traces" ? "traces" : "metrics", headers, isCompressed }, decoded);
}

const decoders: Readonly<Record<string, (body: Uint8Array) => Decoded>> = {
  "/v1/metrics": decodeMetrics,
  "/v1/traces": decodeTraces,
};
