// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "vitest";
import { freePort, freePorts } from "./free-port.ts";

test("gives a port that can be listened on, outside of those that clients get", async ({ expect }) => {
  const port = await freePort();
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  server.close();
  expect(port).toBeLessThan(32_768);
});

test("gives as many different ones as were asked for", async ({ expect }) => {
  expect(new Set(await freePorts(50)).size).toBe(50);
});
