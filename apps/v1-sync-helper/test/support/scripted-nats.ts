// SPDX-License-Identifier: MIT
import { once } from "node:events";
import { createServer, type Socket } from "node:net";

/** A server that speaks as much NATS as a client needs to subscribe, and says what a test tells it to. */
export interface ScriptedNats extends AsyncDisposable {
  readonly url: string;
  /** Sends a message to whoever subscribed to the subject, with headers where there are any. */
  readonly send: (subject: string, message: ScriptedMessage) => void;
  /** What clients published: subjects, in order. */
  readonly published: readonly string[];
}

export interface ScriptedMessage {
  readonly reply?: string;
  /** The lines after `NATS/1.0`, the first of which may go on it: ` 100 Idle Heartbeat`. */
  readonly headers?: string;
  readonly data?: string;
}

const info = { server_id: "scripted", version: "2.15.1", headers: true, max_payload: 1_048_576, proto: 1 };

export async function startScriptedNats(): Promise<ScriptedNats> {
  const sidBySubject = new Map<string, string>();
  const published: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
    socket.on("data", (chunk) => {
      for (const line of chunk.toString().split("\r\n")) {
        const [verb, subject = "", ...rest] = line.split(" ");
        if (verb === "PING") socket.write("PONG\r\n");
        if (verb === "SUB") sidBySubject.set(subject, rest.at(-1) ?? "");
        if (verb === "PUB") published.push(subject);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `nats://127.0.0.1:${port}`,
    published,
    send(subject, message) {
      for (const socket of sockets) socket.write(frame(subject, sidBySubject.get(subject) ?? "", message));
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function frame(subject: string, sid: string, { reply, headers, data = "" }: ScriptedMessage): string {
  const to = reply === undefined ? `${subject} ${sid}` : `${subject} ${sid} ${reply}`;
  if (headers === undefined) return `MSG ${to} ${data.length}\r\n${data}\r\n`;
  const head = `NATS/1.0${headers}\r\n\r\n`;
  return `HMSG ${to} ${head.length} ${head.length + data.length}\r\n${head}${data}\r\n`;
}
