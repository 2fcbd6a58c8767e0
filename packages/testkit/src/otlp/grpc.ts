// SPDX-License-Identifier: Apache-2.0
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { type Decoded, decodeMetrics, decodeTraces } from "./decode.ts";
import type { Exchange } from "./exchange.ts";
import { OtlpError } from "./otlp-error.ts";

/** One unary call of gRPC over HTTP/2. */
export async function answerGrpc(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  exchange: Exchange,
): Promise<void> {
  // A client that gives up resets the stream.
  stream.on("error", () => {});
  const body = await buffer(stream).catch(() => undefined);
  if (body === undefined) return;
  try {
    receive(headers, body, exchange);
  } catch (error) {
    if (!(error instanceof OtlpError)) throw error;
    exchange.refuse(error.message);
    fail(stream, 3, error.message);
    return;
  }
  const answer = exchange.answer();
  if (answer.kind === "failure") fail(stream, answer.code, answer.message);
  if (answer.kind === "ok") succeed(stream);
}

const responseHeaders = { ":status": 200, "content-type": "application/grpc+proto" } as const;

/** An empty answer: five bytes of frame, then the trailers. */
function succeed(stream: ServerHttp2Stream): void {
  stream.respond(responseHeaders, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(Buffer.alloc(5));
}

function fail(stream: ServerHttp2Stream, code: number, message: string): void {
  if (stream.destroyed) return;
  stream.respond(
    { ...responseHeaders, "grpc-status": String(code), "grpc-message": encodeURIComponent(message) },
    { endStream: true },
  );
}

function receive(headers: IncomingHttpHeaders, body: Buffer, exchange: Exchange): void {
  if (headers[":method"] !== "POST") throw new OtlpError(`the method is ${String(headers[":method"])}`);
  const path = String(headers[":path"]);
  const decode = decoders[path];
  if (decode === undefined) throw new OtlpError(`the path is ${path}`);
  if (!/^application\/grpc(\+proto)?$/.test(headers["content-type"] ?? ""))
    throw new OtlpError(`the content type is ${headers["content-type"]}`);
  if (headers.te !== "trailers") throw new OtlpError("the header te: trailers is missing");
  const { message, isCompressed } = unframe(body, headers["grpc-encoding"]);
  const signal = path.includes("TraceService") ? "traces" : "metrics";
  exchange.accept({ signal, headers, isCompressed }, decode(message));
}

function unframe(body: Buffer, encoding: string | string[] | undefined) {
  if (body.length < 5 || body.readUInt32BE(1) !== body.length - 5)
    throw new OtlpError("the body is not one whole gRPC message");
  const flag = body.readUInt8(0);
  const message = body.subarray(5);
  if (flag === 0) return { message, isCompressed: false };
  if (flag !== 1 || encoding !== "gzip") throw new OtlpError("the message is compressed, but not with gzip");
  return { message: gunzipSync(message), isCompressed: true };
}

const decoders: Readonly<Record<string, (body: Uint8Array) => Decoded>> = {
  "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": decodeMetrics,
  "/opentelemetry.proto.collector.trace.v1.TraceService/Export": decodeTraces,
};
