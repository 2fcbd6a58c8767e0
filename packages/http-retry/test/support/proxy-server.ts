// SPDX-License-Identifier: Apache-2.0
import { createServer, request as forward } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { ServerCertificate } from "./certificates.ts";
import { listen, type TestServer } from "./http-server.ts";

export interface ProxyOptions {
  /** The port on this machine where every host is found. */
  readonly targetPort: number;
  /** Status for the first requests, before it works: `[503]` refuses one. */
  readonly refusals?: readonly number[];
  readonly tls?: ServerCertificate;
}

export type ProxyServer = Omit<TestServer, "arrived"> & {
  /** What was asked of it: `CONNECT host:443` or `GET http://host/path`, with the credentials it was given. */
  readonly asked: readonly { readonly line: string; readonly authorization: string | undefined }[];
};

/** An HTTP proxy that tunnels and forwards; all names lead to one port of this machine. */
export async function startProxy(options: ProxyOptions): Promise<ProxyServer> {
  const asked: { line: string; authorization: string | undefined }[] = [];
  const refusals = [...(options.refusals ?? [])];
  const server = options.tls === undefined ? createServer() : createTlsServer(options.tls);
  server.on("connect", (request, socket: Duplex) => {
    asked.push({ line: `CONNECT ${request.url}`, authorization: request.headers["proxy-authorization"] });
    const refusal = refusals.shift();
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} Refused\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const target = connect(options.targetPort, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(target).pipe(socket);
    });
    target.on("error", () => socket.destroy());
    socket.on("error", () => target.destroy());
    socket.on("close", () => target.destroy());
  });
  server.on("request", (request, response) => {
    asked.push({
      line: `${request.method} ${request.url}`,
      authorization: request.headers["proxy-authorization"],
    });
    const refusal = refusals.shift();
    if (refusal !== undefined) {
      response.writeHead(refusal).end();
      return;
    }
    const { pathname, search } = new URL(request.url ?? "");
    const { method = "GET", headers } = request;
    const port = options.targetPort;
    const onward = forward(
      { port, host: "127.0.0.1", method, path: pathname + search, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  const running = await listen(server, options.tls === undefined ? "http" : "https");
  return Object.assign(running, { asked });
}
