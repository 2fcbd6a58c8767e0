// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { LineFeed } from "../../demo/line-feed.ts";

async function readAll(feed: LineFeed): Promise<readonly string[]> {
  const lines: string[] = [];
  for (let line = await feed.next(); line !== undefined; line = await feed.next()) lines.push(line.text);
  return lines;
}

test("lines are the same however the bytes come", async ({ expect }) => {
  const text = fc.array(fc.string({ unit: fc.constantFrom("a", "é", "日", "\r", " ") }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(40), { maxLength: 6 }), async (lines, cuts) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
      const feed = new LineFeed();
      const edges = [
        0,
        ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b),
        bytes.length,
      ];
      for (const [index, edge] of edges.entries())
        feed.push(bytes.subarray(edge, edges[index + 1] ?? edge), 1);
      feed.end(1);
      expect(await readAll(feed)).toEqual(
        lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line)),
      );
    }),
  );
});

test("a reader that waits gets the next line, with the moment at which it came", async ({ expect }) => {
  const feed = new LineFeed();
  const next = feed.next();
  feed.push(Buffer.from("hal"), 10);
  feed.push(Buffer.from("f\nrest"), 20);
  expect(await next).toEqual({ text: "half", atMs: 20 });
  const last = feed.next();
  feed.end(30);
  expect([await last, await feed.next()]).toEqual([{ text: "rest", atMs: 30 }, undefined]);
});
