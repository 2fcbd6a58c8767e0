// SPDX-License-Identifier: Apache-2.0
// Run with a limit on the size of files: writes 64 events of 64 KiB through a spool that holds less than half of them.
import { systemClock } from "@repo/http-retry";
import { readLeftSpool } from "../../src/worker/spool/left-spool.ts";
import { SpoolFile } from "../../src/worker/spool/spool-file.ts";

const [path = ""] = process.argv.slice(2);
const count = 64;
let stalls = 0;
const spool = await SpoolFile.create({
  path,
  header: { version: 1, jobId: "j", attempt: 1, queue: "q", server: "s", taskToken: "t", createdAtMs: 1 },
  clock: systemClock,
  onStall: () => void (stalls += 1),
});
for (let sequence = 1; sequence <= count; sequence += 1)
  spool.appendEvent(sequence, Buffer.alloc(65_536, `${sequence} `));
const seen: number[] = [];
const { signal } = new AbortController();
for (let position = spool.start; seen.length < count; ) {
  await spool.waitForMore(position, signal);
  const page = await spool.read(position, 200_000);
  for (const { endSequence, bytes } of page.events)
    if (Buffer.alloc(65_536, `${endSequence} `).equals(bytes)) seen.push(endSequence);
  position = page.next;
  const last = page.events.at(-1);
  if (last !== undefined) await spool.acknowledge(position, last.endSequence);
}
await spool.flush();
await spool.close();
const left = await readLeftSpool(path);
process.stdout.write(`${JSON.stringify({ seen, stalls, acknowledged: left?.acknowledged })}\n`);
