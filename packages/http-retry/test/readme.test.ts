// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "vitest";
import { failed, limited, loops, request, signed } from "./examples.ts";
import { startHttpServer } from "./support/http-server.ts";

const read = (path: string) => readFile(join(import.meta.dirname, path), "utf8");

/** Regions by name, without the indentation they have within a function. */
function regionsOf(source: string): Map<string, string> {
  const regions = source.matchAll(/^ *\/\/ #region (\w+)\n(.*?)^ *\/\/ #endregion/gms);
  return new Map(
    [...regions].map(([, name = "", text = ""]) => [name, text.replaceAll(/^ {2}/gm, "").trim()]),
  );
}

test("shows its examples as they are run here", async ({ expect }) => {
  const shown = [...(await read("../README.md")).matchAll(/```ts\n(.*?)```/gs)].map(([, text = ""]) =>
    text.trim(),
  );
  const regions = regionsOf(await read("examples.ts"));
  expect(shown).toEqual([...regions.values()]);
  expect([...regions.keys()]).toEqual(["request", "signed", "failed", "limited", "loops"]);
});

test("states the default policy", async ({ expect }) => {
  const { defaultRetryPolicy } = await import("@repo/http-retry");
  const readme = await read("../README.md");
  for (const [name, value] of Object.entries(defaultRetryPolicy)) {
    const shown = value.toLocaleString("en-US").replaceAll(",", " ");
    expect(readme).toMatch(new RegExp(`\\| \`${name}\` +\\| ${shown} +\\|`));
  }
});

test("requests", async ({ expect }) => {
  await using server = await startHttpServer((_request, response, count) => {
    response.writeHead(count === 1 ? 503 : 200).end('["one"]');
  });
  expect(await request(server.origin, new AbortController().signal)).toEqual(["one"]);
});

test("signs and refreshes", async ({ expect }) => {
  await using server = await startHttpServer(({ headers }, response) => {
    response.writeHead(headers.authorization === "Bearer new" ? 201 : 401).end("created");
  });
  let token = "old";
  const tokens = {
    get: () => Promise.resolve(token),
    invalidate: () => {
      token = "new";
    },
  };
  expect(await signed(server.origin, tokens, "42")).toBe("created");
});

test.for([
  ["/conflict", 409, "there already"],
  ["/refused", 422, "refused: "],
  ["/busy", 503, "later"],
  ["/lost", undefined, "unknown: look it up"],
] as const)("tells failures apart: %s", async ([, status, outcome], { expect }) => {
  await using server = await startHttpServer((_request, response) => {
    if (status === undefined) response.socket?.destroy();
    else response.writeHead(status).end();
  });
  expect(await failed(server.origin)).toContain(outcome);
});

test("finds out how many requests a service takes at once", async ({ expect }) => {
  await using server = await startHttpServer((_request, response) => {
    response.end();
  });
  const paths = Array.from({ length: 40 }, (_, number) => `/${number}`);
  expect(await limited(server.origin, paths)).toBeGreaterThan(16);
  expect(new Set(server.arrived.map(({ url }) => url)).size).toBe(40);
});

test("repeats what is not HTTP", async ({ expect }) => {
  const controller = new AbortController();
  let calls = 0;
  const connect = async () => {
    calls += 1;
    if (calls === 6) controller.abort(new Error("stop"));
    if (calls % 2 === 1) throw Object.assign(new Error("lost"), { code: "ECONNRESET" });
  };
  await loops(connect, controller.signal);
  expect(calls).toBe(6);
});
