// SPDX-License-Identifier: Apache-2.0
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createVirtualClock } from "@repo/http-retry/testing";
import { testDirectory } from "@repo/testkit";
import { test as base } from "vitest";
import type { SpoolHeader } from "./header.ts";
import { readLeftEvents, readLeftSpool } from "./left-spool.ts";
import { SpoolFile } from "./spool-file.ts";

const header: SpoolHeader = {
  version: 1,
  jobId: "0193-job",
  attempt: 2,
  queue: "q",
  server: "https://localhost:8080",
  taskToken: "secret",
  createdAtMs: 1,
};

const test = base.extend<{ folder: string }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the braces that this fixture needs no other
  folder: async ({}, use) => {
    await using directory = await testDirectory();
    await use(directory.path);
  },
});

async function create(folder: string, compactAfterBytes?: number): Promise<SpoolFile> {
  return await SpoolFile.create({
    path: join(folder, "one.spool"),
    header,
    clock: createVirtualClock(),
    onStall: () => undefined,
    ...(compactAfterBytes !== undefined && { compactAfterBytes }),
  });
}

async function readAll(path: string, from: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const events of readLeftEvents(path, from, 64)) {
    texts.push(...events.map(({ bytes }) => Buffer.from(bytes).toString()));
  }
  return texts;
}

test("is for the owner's eyes only", async ({ folder, expect }) => {
  const spool = await create(folder);
  expect((await stat(spool.path)).mode & 0o777).toBe(0o600);
  await spool.remove();
});

test("what was flushed is there for whoever comes after a kill", async ({ folder, expect }) => {
  const spool = await create(folder);
  spool.appendEvent(1, Buffer.from("one"));
  spool.appendEvent(4, Buffer.from("two to four"));
  spool.appendResult(Buffer.from("result"));
  await spool.flush();
  const left = await readLeftSpool(spool.path);
  expect(left).toMatchObject({ header, acknowledged: 0, lastSequence: 4, tornBytes: 0 });
  expect(Buffer.from(left?.result ?? []).toString()).toBe("result");
  expect(await readAll(spool.path, 0)).toEqual(["one", "two to four"]);
  expect(await readAll(spool.path, 1)).toEqual(["two to four"]);
  await spool.remove();
});

test("pages hold whole events, and one larger than a page", async ({ folder, expect }) => {
  const spool = await create(folder);
  const sizes = [10, 500, 20, 30];
  for (const [index, size] of sizes.entries()) spool.appendEvent(index + 1, Buffer.alloc(size, index));
  await spool.flush();
  const pages: number[][] = [];
  for (let position = spool.start; ; ) {
    const page = await spool.read(position, 100);
    if (page.next === position) break;
    position = page.next;
    pages.push(page.events.map(({ bytes }) => bytes.length));
  }
  expect(pages).toEqual([[10], [500], [20, 30]]);
  await spool.remove();
});

test("gives acknowledged bytes back to the disk and goes on, whole", async ({ folder, expect }) => {
  const spool = await create(folder, 2000);
  const sent: string[] = [];
  let largest = 0;
  let position = spool.start;
  for (let sequence = 1; sequence <= 200; sequence += 1) {
    spool.appendEvent(sequence, Buffer.from(`event ${sequence} ${"x".repeat(100)}`));
    await spool.flush();
    // The last five stay unacknowledged.
    if (sequence <= 195) {
      const page = await spool.read(position, 10_000);
      sent.push(...page.events.map(({ bytes }) => Buffer.from(bytes).toString().split(" ")[1] ?? ""));
      position = page.next;
      await spool.acknowledge(position, sequence);
    }
    largest = Math.max(largest, (await stat(spool.path)).size);
  }
  expect(sent).toEqual(Array.from({ length: 195 }, (_, index) => String(index + 1)));
  expect(largest).toBeLessThan(5000);
  const left = await readLeftSpool(spool.path);
  expect(left).toMatchObject({ header, acknowledged: 195, lastSequence: 200, tornBytes: 0 });
  expect((await readAll(spool.path, 195)).map((text) => text.split(" ")[1])).toEqual([
    "196",
    "197",
    "198",
    "199",
    "200",
  ]);
  await spool.remove();
});

test("makes the writer wait while too much is unacknowledged", async ({ folder, expect }) => {
  const spool = await create(folder);
  spool.appendEvent(1, Buffer.alloc(1000));
  let hasRoom = false;
  const waiting = spool.waitForRoom(500, 10_000).then(() => void (hasRoom = true));
  await spool.flush();
  expect(hasRoom).toBe(false);
  const page = await spool.read(spool.start, 10_000);
  await spool.acknowledge(page.next, 1);
  await waiting;
  expect(hasRoom).toBe(true);
  await spool.remove();
});

test("ends every wait when it is closed", async ({ folder, expect }) => {
  const spool = await create(folder);
  const waits = [spool.waitForMore(spool.start, new AbortController().signal), spool.waitForRoom(-1, 0)];
  await Promise.all([spool.close(), ...waits.map((wait) => expect(wait).rejects.toThrow("closed"))]);
});
