// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AdminCalls, adminCalls } from "./admin.ts";
import { readBody } from "./body.ts";
import { portOf } from "./port.ts";
import type { FaultS3 } from "./server.ts";

/** The control endpoint of a server in its own process. */
export interface Control extends AsyncDisposable {
  readonly url: string;
}

function isCall(calls: AdminCalls, name: string): name is keyof AdminCalls {
  return Object.hasOwn(calls, name);
}

/** Serves the calls of `FaultS3Admin` as `POST /<name>` with the arguments as a JSON array, on 127.0.0.1. */
export async function startControl(server: FaultS3): Promise<Control> {
  const calls = adminCalls(server);
  const http = createServer((request, response) => void answer(calls, request, response));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return {
    url: `http://127.0.0.1:${portOf(http)}`,
    [Symbol.asyncDispose]: async () => {
      http.close();
      http.closeAllConnections();
      await once(http, "close");
    },
  };
}

async function answer(calls: AdminCalls, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = (request.url ?? "/").slice(1);
  try {
    if (request.method !== "POST" || !isCall(calls, name))
      throw new TypeError(`There is no call ${request.method} /${name}`);
    const args: unknown = JSON.parse(Buffer.concat(await readBody(request)).toString() || "[]");
    if (!Array.isArray(args)) throw new TypeError("The arguments must be a JSON array");
    const result = calls[name](args) ?? null;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(result));
  } catch (error) {
    response
      .writeHead(400, { "content-type": "text/plain" })
      .end(error instanceof Error ? error.message : String(error));
  }
}
