// SPDX-License-Identifier: Apache-2.0
import { createServer, type Socket } from "node:net";
import { listen, type TestServer } from "./http-server.ts";

/** The request that a script answers, byte by byte. */
export interface RawRequest {
  readonly socket: Socket;
  /** Request line and headers. */
  readonly head: string;
  /** The server's requests so far, this one included. */
  readonly count: number;
  /** The connection's own number, from 1. */
  readonly connection: number;
}

export type RawServer = Omit<TestServer, "arrived"> & { readonly heads: readonly string[] };

/** A server for what `node:http` never does: `script` is called once the head of a request is there. */
export async function startRawServer(script: (request: RawRequest) => void): Promise<RawServer> {
  const heads: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    const connection = connections;
    let text = "";
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end !== -1; end = text.indexOf("\r\n\r\n")) {
        const head = text.slice(0, end);
        text = text.slice(end + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0));
        heads.push(head);
        script({ socket, head, count: heads.length, connection });
      }
    });
  });
  const running = await listen(server, "http");
  return Object.assign(running, { heads });
}

/** A small right answer. */
export function answer(body: string, extra = ""): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${extra}\r\n${body}`;
}
