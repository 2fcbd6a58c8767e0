// SPDX-License-Identifier: MIT
import { request } from "undici";
import { test as base } from "vitest";
import { Conditions, conditionNames } from "./conditions.ts";
import { startHealth } from "./start-health.ts";

interface Health {
  readonly conditions: Conditions;
  readonly turn: { sinceMs: number | undefined };
  readonly markReady: () => void;
  readonly get: (path: string) => Promise<{ readonly status: number; readonly body: string }>;
}

const test = base.extend<{ health: Health }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern to know what a fixture needs
  health: async ({}, use) => {
    const conditions = new Conditions();
    const turn: Health["turn"] = { sinceMs: undefined };
    await using server = await startHealth({
      address: { host: "127.0.0.1", port: 0 },
      conditions,
      sinceLastTurnMs: () => turn.sinceMs,
      prometheusText: async () => "v1_sync_build_info 1\n",
    });
    await use({
      conditions,
      turn,
      markReady: () => server.markReady(),
      get: async (path) => {
        const { statusCode, body } = await request(`http://127.0.0.1:${server.port}${path}`);
        return { status: statusCode, body: await body.text() };
      },
    });
  },
});

test("lives at once and says of each part that it has not begun", async ({ expect, health }) => {
  expect(await health.get("/livez")).toEqual({ status: 200, body: "OK\n" });
  const ready = await health.get("/readyz");
  expect(ready.status).toBe(503);
  for (const name of conditionNames) expect(ready.body).toContain(`[-]${name} failed: not begun yet`);
});

test("is ready with the predecessor's body when every part is well", async ({ expect, health }) => {
  for (const name of conditionNames) health.conditions.watch(name, () => undefined);
  expect((await health.get("/readyz")).status).toBe(503);
  health.markReady();
  expect(await health.get("/readyz")).toEqual({ status: 200, body: "OK\n" });
  health.conditions.watch("nats", () => "no NATS connection: nobody listens there");
  expect(await health.get("/readyz/nats")).toMatchObject({ status: 503 });
  expect((await health.get("/readyz?verbose")).body).toContain("[-]nats failed: no NATS connection");
});

test("does not live when the engine's loop stands still, and does again when it turns", async ({
  expect,
  health,
}) => {
  health.turn.sinceMs = 59_000;
  expect((await health.get("/livez")).status).toBe(200);
  health.turn.sinceMs = 61_000;
  expect(await health.get("/livez")).toMatchObject({
    status: 503,
    body: expect.stringContaining("its loop has not turned for 61 s"),
  });
  health.turn.sinceMs = 10;
  expect((await health.get("/livez")).status).toBe(200);
});

test("serves metrics", async ({ expect, health }) => {
  expect(await health.get("/metrics")).toEqual({ status: 200, body: "v1_sync_build_info 1\n" });
});
