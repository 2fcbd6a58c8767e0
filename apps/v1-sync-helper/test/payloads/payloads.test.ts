// SPDX-License-Identifier: MIT
import type { NatsConnection } from "@nats-io/transport-node";
import { freePort, waitFor } from "@repo/testkit";
import { startRestartableNats } from "@repo/testkit/nats";
import { describe, expect, test } from "vitest";
import { type Platform, startPlatform } from "../operate/support/platform.ts";
import { openStates } from "../operate/support/seed.ts";
import { projectKey } from "../sync/support/records.ts";
import { columns, ids, keys, type Payload, values } from "./payloads.ts";

const mebibyte = 2 ** 20;

/** NATS that takes records of any size that the bucket takes, and an instance at work. */
async function startServing() {
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await startRestartableNats({ config: "max_payload: 16MB" }));
  const platform = stack.use(await startPlatform({ buckets: false, bucketBytes: 512 * mebibyte, nats }));
  const states = stack.use(await openStates(platform));
  const serve = stack.use(await platform.start([], { PORT: String(await freePort()), DEBUG: "true" }));
  await serve.stdout.waitForLine(/begins to work/);
  const owned = stack.move();
  return { platform, states, serve, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** As NATS itself takes it: a client library would refuse half of these keys. */
async function put(
  connection: NatsConnection,
  { key, value }: Pick<Payload, "key" | "value">,
): Promise<void> {
  const answer = (await connection.request(`$KV.v1-objects.${key}`, value, { timeout: 20_000 })).json();
  expect(answer).toMatchObject({ seq: expect.any(Number) });
}

type Serving = Awaited<ReturnType<typeof startServing>>;

/** How it ended: `created`, the code of the reason, or `undefined` while it has not. */
async function endOf({ states }: Serving, key: string): Promise<string | undefined> {
  const state = await states.get(key);
  if (state === undefined || state.status === "claimed") return undefined;
  return state.status === "done" ? state.applied?.action : state.reason?.code;
}

async function endings(
  serving: Serving,
  payloads: readonly Payload[],
): Promise<Record<string, string | undefined>> {
  const stored = payloads.filter(({ ends }) => ends !== "key");
  const read = async () =>
    await Promise.all(stored.map(async ({ what, key }) => [what, await endOf(serving, key)] as const));
  await waitFor(async () => (await read()).every(([, end]) => end !== undefined), {
    deadlineMs: 30_000,
    what: "every payload to end",
  });
  return Object.fromEntries(await read());
}

function wanted(payloads: readonly Payload[]): Record<string, string> {
  return Object.fromEntries(payloads.flatMap(({ what, ends }) => (ends === "key" ? [] : [[what, ends]])));
}

/** Projects of v2 by their slugs. */
function sentBySlug({ v2 }: Platform): Map<unknown, Readonly<Record<string, unknown>>> {
  return new Map(v2.model.list("project").map(({ data }) => [data["slug"], data]));
}

function defects(serving: Serving): readonly string[] {
  return serving.serve.stdout.lines.filter((line) => /IllegalKey|RangeError|TypeError|"internal"/.test(line));
}

describe("whatever stands in v1-objects", () => {
  test("every value ends with an outcome that explain tells", async () => {
    await using serving = await startServing();
    const { platform } = serving;
    for (const payload of [...values, ...columns]) await put(platform.connection, payload);
    expect(await endings(serving, [...values, ...columns])).toEqual(wanted([...values, ...columns]));
    const sent = sentBySlug(platform);
    for (const { what, key, sent: fields = {} } of columns.filter((each) => each.sent !== undefined)) {
      const object = sent.get(`p-${key.split(".")[1]}`) ?? {};
      const found = Object.fromEntries(Object.keys(fields).map((field) => [field, object[field]]));
      expect({ what, ...found }).toEqual({ what, ...fields });
    }
    expect(defects(serving)).toEqual([]);

    for (const [id, code] of [
      ["no-json", "malformed_value"],
      ["no-bytes", "empty_value"],
      ["pack-lie", "malformed_value"],
      ["long-slug", "unusable_record"],
    ] as const) {
      const { code: exit, stdout } = await platform.run(["explain", projectKey(id)]);
      expect({ id, exit, stdout }).toEqual({ id, exit: 0, stdout: expect.stringContaining(code) });
      expect(stdout.length).toBeLessThan(20_000);
    }
    const control = await platform.run(["explain", projectKey("control")]);
    expect(control.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect((await platform.run(["dlq", "list", "--json"])).stdout).toContain(projectKey("no-json"));
  });

  test("ids that mean something elsewhere are ids and nothing else", async () => {
    await using serving = await startServing();
    const { platform } = serving;
    // Were one of them taken for a pattern or a path, it would find these.
    await put(platform.connection, { key: projectKey("a"), value: '{"name":"A","slug__c":"a-a"}' });
    await waitFor(async () => (await endOf(serving, projectKey("a"))) === "created");
    for (const payload of ids) await put(platform.connection, payload);
    expect(await endings(serving, ids)).toEqual(wanted(ids));
    expect(new Set(platform.v2.record.writes.map(({ method, resource }) => `${method} ${resource}`))).toEqual(
      new Set(["POST project"]),
    );
    const principals = platform.v2.record.writes.map(
      ({ principal, onBehalfOf }) => `${principal} ${onBehalfOf}`,
    );
    expect(new Set(principals)).toEqual(new Set(["v1_sync_helper@clients undefined"]));
    expect(defects(serving)).toEqual([]);
  });

  test("a key reaches its own object and no other", async () => {
    await using serving = await startServing();
    const { platform, serve, states } = serving;
    for (const payload of keys) await put(platform.connection, payload);
    expect(await endings(serving, keys)).toEqual(wanted(keys));
    const made = sentBySlug(platform);
    for (const [n, { what, ends }] of keys.entries())
      expect({ what, isMade: made.has(`k-${n}x`) }).toEqual({ what, isMade: ends !== "key" });

    // A second revision goes to the object of the first.
    for (const { key, value } of keys)
      await put(platform.connection, { key, value: String(value).replace('"Key"', '"Renamed"') });
    await waitFor(
      () =>
        [...sentBySlug(platform).values()].filter(({ name }) => name === "Renamed").length ===
        keys.filter(({ ends }) => ends !== "key").length,
    );
    expect(platform.v2.record.writes.filter(({ method }) => method === "POST")).toHaveLength(made.size - 1);

    for (const { key } of keys.filter(({ ends }) => ends === "key")) {
      const line = serve.stdout.lines.find((text) => text.includes(`"key":${JSON.stringify(key)}`)) ?? "{}";
      expect(JSON.parse(line)).toMatchObject({ level: "error", outcome: "dead", reason: "unusable_record" });
      const { code, stdout } = await platform.run(["explain", key]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("The record's key") });
      // Nobody else's record.
      expect(stdout).not.toContain("Renamed");
    }
    const mappings = await platform.bucket("v1-mappings");
    expect(await mappings.get("project.sfid.=2A")).toBeNull();
    expect(await states.get(projectKey("*"))).toBeUndefined();
    // Nothing is left to be delivered again.
    const { num_ack_pending: unacknowledged, num_pending: pending } = await consumer(platform);
    expect({ unacknowledged, pending }).toEqual({ unacknowledged: 0, pending: 0 });
    expect(defects(serving)).toEqual([]);
  });

  test("records of 9 MiB cost bounded memory and do not hold up others", async () => {
    await using serving = await startServing();
    const { platform, serve } = serving;
    const junk = "\\u0041".repeat((9 * mebibyte) / 6 - 100);
    const value = (id: string): string =>
      `{"sfid":"${id}","name":"Big","slug__c":"p-${id}","junk":"${junk}"}`;
    for (let n = 0; n < 20; n += 1) {
      const id = `big-${n}`;
      await put(platform.connection, { key: projectKey(id), value: value(id) });
      // One in two is cut short, and none the smaller for it.
      if (n % 2 === 1) await put(platform.connection, { key: projectKey(id), value: value(id).slice(0, -1) });
    }
    const small = projectKey("small");
    await put(platform.connection, { key: small, value: '{"name":"Small","slug__c":"p-small"}' });
    await waitFor(async () => (await endOf(serving, small)) === "created", { deadlineMs: 30_000 });
    const all = Array.from({ length: 20 }, (_, n) => projectKey(`big-${n}`));
    const ended = async () => await Promise.all(all.map((key) => endOf(serving, key)));
    await waitFor(async () => (await ended()).every((end) => end !== undefined), { deadlineMs: 30_000 });
    expect(new Set(await ended())).toEqual(new Set(["created", "malformed_value"]));
    expect(serve.peakMemoryBytes).toBeLessThan(512 * mebibyte);
  });

  test("a poisoned key holds up no other, even when each of its attempts hangs", async () => {
    await using serving = await startServing();
    const { platform } = serving;
    platform.v2.faults.choose = ({ body }) =>
      JSON.stringify(body ?? "").includes("Poison") ? { kind: "hang-before" } : undefined;
    for (let n = 0; n < 5; n += 1)
      await put(platform.connection, {
        key: projectKey(`bad-${n}`),
        value: `{"name":"Poison","slug__c":"p-bad-${n}"}`,
      });
    for (let n = 0; n < 50; n += 1)
      await put(platform.connection, {
        key: projectKey(`good-${n}`),
        value: `{"name":"Good","slug__c":"p-good-${n}"}`,
      });
    const made = (): number => platform.v2.model.list("project").length;
    await waitFor(() => made() === 51, { deadlineMs: 15_000 });
    expect(made()).toBe(51);
  });
});

async function consumer({ connection }: Platform): Promise<Record<string, unknown>> {
  const subject = "$JS.API.CONSUMER.INFO.KV_v1-objects.v1-sync-helper-kv-consumer";
  return (await connection.request(subject)).json();
}
