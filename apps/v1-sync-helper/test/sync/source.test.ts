// SPDX-License-Identifier: MIT
import { headers } from "@nats-io/transport-node";
import { startNats } from "@repo/testkit/nats";
import { withServers } from "@repo/testkit/vitest";
import { connectNats } from "../../src/nats/connect-nats.ts";
import { createSource } from "../../src/sync/source.ts";
import { makeBucket } from "../support/nats-tools.ts";

const test = withServers({ source: startSource });

async function startSource() {
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await startNats());
  await makeBucket(nats.url, "v1-objects");
  const link = stack.adopt(await connectNats({ url: nats.url, name: "test" }), (own) => own.drain(500));
  const connection = stack.adopt(await nats.connect(), (own) => own.close());
  const owned = stack.move();
  return {
    newest: createSource(link).newest,
    /** As clients and the server write: a value, or what stands in its place. */
    write: async (key: string, value: string, marks: Readonly<Record<string, string>> = {}) => {
      const sent = headers();
      for (const [name, mark] of Object.entries(marks)) sent.set(name, mark);
      await connection.request(`$KV.v1-objects.${key}`, value, { timeout: 5000, headers: sent });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

test.for([
  ["delete", { "KV-Operation": "DEL" }],
  ["purge", { "KV-Operation": "PURGE", "Nats-Rollup": "sub" }],
] as const)("a %s of the key is one of the object", async ([name, marks], { source, expect }) => {
  await source.write(name, "{}");
  expect((await source.newest(name))?.value).toEqual(Buffer.from("{}"));
  await source.write(name, "", marks);
  expect(await source.newest(name)).toEqual({ revision: expect.any(Number), value: undefined });
});

test("a value that the server dropped for its age is not one that v1 deleted", async ({ source, expect }) => {
  await source.write("old", "", { "Nats-Marker-Reason": "MaxAge" });
  expect((await source.newest("old"))?.value?.length).toBe(0);
});

test("a key with a wildcard is not another's", async ({ source, expect }) => {
  await source.write("a.b", "{}");
  await expect(source.newest("a.*")).rejects.toThrow("another key");
  expect(await source.newest("a.c")).toBeUndefined();
});
