// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import {
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { JobEventsService, JobService } from "../../../src/gen/job/v1/job_pb.ts";

export interface Script {
  readonly jobs?: Partial<ServiceImpl<typeof JobService>>;
  readonly events?: Partial<ServiceImpl<typeof JobEventsService>>;
  /** Answers a request by hand where it returns true: for what no Connect server does. */
  readonly raw?: (request: Http2ServerRequest, response: Http2ServerResponse) => boolean;
}

/**
 * A real Connect server on plaintext HTTP/2 whose answers a test writes. What is not in its script is
 * unimplemented, as it is in a server of the Go program.
 */
export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Breaks every connection off, as a killed server or a dead network does; new ones are taken. */
  breakConnections(): void;
}

export async function startScriptedServer(script: Script, port = 0): Promise<ScriptedServer> {
  const answer = connectNodeAdapter({
    routes(router) {
      router.service(JobService, script.jobs ?? {});
      router.service(JobEventsService, script.events ?? {});
    },
  });
  const server = createServer((request, response) => {
    if (script.raw?.(request, response) !== true) answer(request, response);
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", () => undefined);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const breakConnections = (): void => {
    for (const session of sessions) session.socket.destroy();
    for (const session of sessions) session.destroy();
  };
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    port: portOf(server),
    breakConnections,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      breakConnections();
      await closed;
    },
  };
}

function portOf(server: Http2Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return address.port;
}
