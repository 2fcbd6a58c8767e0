// SPDX-License-Identifier: MIT
import { once } from "node:events";
import { createServer, type Socket } from "node:net";

/** A request as it came over the wire. */
export interface RawRequest {
  /** e.g. `POST /projects HTTP/1.1` */
  readonly line: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers the request with this number, from 1; may write anything, or nothing. */
export type Script = (socket: Socket, request: RawRequest, count: number) => void;

export interface RawService extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly RawRequest[];
}

/** A server on 127.0.0.1 that says what real ones never would. */
export async function startRawService(script: Script): Promise<RawService> {
  const requests: RawRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    let bytes = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (let whole = parse(bytes); whole !== undefined; whole = parse(bytes)) {
        bytes = bytes.subarray(whole.length);
        requests.push(whole.request);
        script(socket, whole.request, requests.length);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function parse(bytes: Buffer): { readonly request: RawRequest; readonly length: number } | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const [line = "", ...fields] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const headers = Object.fromEntries(
    fields.map((field) => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
  const length = end + 4 + Number(headers["content-length"] ?? 0);
  if (bytes.length < length) return undefined;
  return { request: { line, headers, body: bytes.subarray(end + 4, length).toString("utf8") }, length };
}

/** A whole answer. */
export function answer(
  status: number,
  body: string | object = "",
  headers: Readonly<Record<string, string>> = {},
): string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const lines = Object.entries({ "content-length": String(Buffer.byteLength(text)), ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `HTTP/1.1 ${status} Any\r\n${head}\r\n${text}`;
}
