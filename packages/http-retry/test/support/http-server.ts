// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Server, Socket } from "node:net";

/** A request that arrived whole. */
export interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface TestServer extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
  readonly arrived: readonly Arrived[];
  /** Sockets open right now. */
  readonly sockets: ReadonlySet<Socket>;
  /** Sockets accepted so far. */
  readonly connections: number;
}

export type Handler = (request: Arrived, response: ServerResponse, count: number) => void;

/** An HTTP server on 127.0.0.1; `handler` sees each request whole, with its number from 1. */
export async function startHttpServer(
  handler: Handler,
  tls?: { readonly cert: string; readonly key: string },
): Promise<TestServer> {
  const arrived: Arrived[] = [];
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const whole = { method, url, headers, body: Buffer.concat(chunks).toString() };
      arrived.push(whole);
      handler(whole, response, arrived.length);
    });
    request.on("error", () => undefined);
  };
  const server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest);
  const running = await listen(server, tls === undefined ? "http" : "https");
  return Object.assign(running, { arrived });
}

/** Starts `server` on a free port of 127.0.0.1 and counts its sockets. */
export async function listen(server: Server, scheme: "http" | "https"): Promise<Omit<TestServer, "arrived">> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    origin: `${scheme}://127.0.0.1:${port}`,
    port,
    sockets,
    get connections() {
      return connections;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, "close");
    },
  };
}
