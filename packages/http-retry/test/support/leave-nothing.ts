// SPDX-License-Identifier: Apache-2.0
// Meets success, time-out, abort, loss and disposal in a process of its own, and prints what keeps its loop alive.
import { createHttpClient, HttpError } from "@repo/http-retry";
import { answer, startRawServer } from "./raw-server.ts";

const outcomes: string[] = [];
{
  await using server = await startRawServer(({ socket, head }) => {
    if (head.startsWith("GET /fine")) socket.write(answer("fine"));
    if (head.startsWith("GET /reset")) socket.resetAndDestroy();
  });
  const policy = { baseMs: 1, maxWaitMs: 1 };
  await using client = createHttpClient({ origin: server.origin, policy });
  const outcome = async (path: string, options: { timeoutMs?: number; signal?: AbortSignal } = {}) => {
    try {
      outcomes.push(String((await client.request({ method: "GET", path, ...options })).status));
    } catch (error) {
      outcomes.push(error instanceof HttpError ? error.code : String(error));
    }
  };
  await outcome("/fine", { signal: new AbortController().signal });
  await outcome("/hang", { timeoutMs: 10 });
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 10);
  await outcome("/hang", { signal: controller.signal });
  await outcome("/reset");
  const last = outcome("/hang");
  await client[Symbol.asyncDispose]();
  await last;
}
const held = () =>
  process.getActiveResourcesInfo().filter((name) => /Timeout|TCP|TLS|GetAddrInfo/.test(name));
// Handles that are closed leave the list some turns of the loop later; what is left after many was not closed.
for (let turn = 0; turn < 1000 && held().length > 0; turn++) await new Promise(setImmediate);
process.stdout.write(JSON.stringify({ outcomes, left: held() }));
