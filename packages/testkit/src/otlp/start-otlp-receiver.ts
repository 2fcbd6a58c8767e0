// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttp2Server, createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { Server, Socket } from "node:net";
import { type OtlpMetric, type OtlpRequest, type OtlpSpan } from "./decode.ts";
import type { Exchange, OtlpAnswer } from "./exchange.ts";
import { answerGrpc } from "./grpc.ts";
import { answerHttp } from "./http.ts";

export interface OtlpReceiverOptions {
  readonly protocol: "grpc" | "http/protobuf";
  /** Default: a free one. */
  readonly port?: number;
  /** With a certificate of its own authority for 127.0.0.1. */
  readonly isTls?: boolean;
  /** Default ok. */
  readonly answer?: OtlpAnswer;
}

/** A strict receiver of OTLP metrics and spans. */
export interface OtlpReceiver extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** PEM of the authority; absent without TLS. */
  readonly authority?: string;
  /** The requests that were right, in order. */
  readonly requests: readonly OtlpRequest[];
  /** What was wrong with requests; such a request is refused. */
  readonly problems: readonly string[];
  /** The last metric of this name. */
  metric(name: string): OtlpMetric | undefined;
  readonly spans: readonly OtlpSpan[];
  setAnswer(answer: OtlpAnswer): void;
}

/** Listens on 127.0.0.1. Disposal cuts the connections off. */
export async function startOtlpReceiver(options: OtlpReceiverOptions): Promise<OtlpReceiver> {
  const requests: OtlpRequest[] = [];
  const problems: string[] = [];
  let answer: OtlpAnswer = options.answer ?? { kind: "ok" };
  const tls = options.isTls === true ? await makeCertificate() : undefined;
  const server = createServer(options.protocol, tls, {
    answer: () => answer,
    accept: (request, decoded) => requests.push({ ...request, ...decoded }),
    refuse: (problem) => problems.push(problem),
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The receiver has no port.");
  return {
    url: `http${tls === undefined ? "" : "s"}://127.0.0.1:${address.port}`,
    port: address.port,
    ...(tls !== undefined && { authority: tls.authority }),
    requests,
    problems,
    metric: (name) => requests.flatMap(({ metrics }) => metrics).findLast((each) => each.name === name),
    get spans() {
      return requests.flatMap(({ spans }) => spans);
    },
    setAnswer: (next) => {
      answer = next;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

interface TlsFiles {
  readonly authority: string;
  readonly cert: string;
  readonly key: string;
}

/** The library behind it takes a while to load, so only when it is needed. */
async function makeCertificate(): Promise<TlsFiles> {
  const { createCertificateAuthority } = await import("../kubernetes/certificates.ts");
  const authority = await createCertificateAuthority();
  const { certificate, privateKey } = await authority.issueServer([{ type: "ip", value: "127.0.0.1" }]);
  return { authority: authority.certificate, cert: certificate, key: privateKey };
}

function createServer(
  protocol: OtlpReceiverOptions["protocol"],
  tls: TlsFiles | undefined,
  exchange: Exchange,
): Server {
  if (protocol === "grpc") {
    const server = tls === undefined ? createHttp2Server() : createSecureServer(tls);
    return server.on("stream", (stream, headers) => void answerGrpc(stream, headers, exchange));
  }
  const server = tls === undefined ? createHttpServer() : createHttpsServer(tls);
  return server.on("request", (request, response) => void answerHttp(request, response, exchange));
}
