// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { testDirectory, waitFor } from "@repo/testkit";
import { test } from "vitest";
import { modes, node, processesOf, shell } from "./process-harness.ts";

const megabyte = 1_048_576;

/** What the block with this number holds: no newline, and nothing that repeats soon. */
function fillBlock(block: Buffer, number: number): void {
  for (let at = 0; at < block.length; at += 1) block[at] = 33 + ((number * 31 + at * 7 + (at >> 8)) % 90);
}

/** Writes a block to stdout, however many system calls it takes. */
const writeBlock = `function writeBlock(block) {
  for (let at = 0; at < block.length; ) at += require("node:fs").writeSync(1, block, at);
}`;

/** Waits until a process stands still in write(2), and has not moved for some looks. */
async function waitUntilBlocked(pid: number, progress: () => string): Promise<void> {
  let looks = 0;
  let last = "";
  await waitFor(
    () => {
      const now = progress();
      // "1 0x1 …": write(2) on x64, on arm64 it has the number 64; then the file.
      const isWriting = /^(?:1|64) 0x1 /.test(readFileSync(`/proc/${pid}/syscall`, "latin1"));
      looks = isWriting && now === last ? looks + 1 : 0;
      last = now;
      return looks >= 10;
    },
    { what: "the process to be blocked" },
  );
}

test("tells stdout and stderr apart in pipe mode", async ({ expect }) => {
  const running = await shell("echo out; echo err >&2; echo out again");
  expect(await running.ended).toMatchObject({ exitCode: 0, signal: "" });
  expect(running.text("stdout")).toBe("out\nout again\n");
  expect(running.text("stderr")).toBe("err\n");
});

test("is one terminal in pty mode, the controlling one, of 80 columns", async ({ expect }) => {
  const running = await shell("test -t 0 -a -t 1 -a -t 2 && stty size && echo yes > /dev/tty && echo $TERM", {
    mode: "pty",
  });
  expect(await running.ended).toMatchObject({ exitCode: 0 });
  expect(running.text("terminal")).toBe("24 80\r\nyes\r\nxterm-256color\r\n");
});

test.for(modes)(
  "lets a script write to /dev/stdout and /dev/stderr by name (%s)",
  async (mode, { expect }) => {
    const running = await shell(
      "echo a > /dev/stdout; echo b > /dev/stderr; echo c | tee /dev/stderr > /dev/null",
      {
        mode,
      },
    );
    expect(await running.ended).toMatchObject({ exitCode: 0 });
    expect(running.text().replaceAll("\r", "").split("\n").toSorted()).toEqual(["", "a", "b", "c"]);
  },
);

test.for(modes)("gives a process nothing to read on stdin (%s)", async (mode, { expect }) => {
  // A question is answered by the end of the input, each anew, where it would wait for ever.
  const running = await shell("cat; cat; read answer; echo $?; test -t 0; echo $?", { mode });
  await running.ended;
  expect(running.text().split(/\r?\n/)).toEqual(["1", mode === "pty" ? "0" : "1", ""]);
});

test.for(modes)("loses no byte of 50 MB without a newline (%s)", async (mode, { expect }) => {
  const hash = createHash("sha256");
  let length = 0;
  let last: Uint8Array = new Uint8Array();
  const running = await node(
    `${writeBlock} ${fillBlock.toString()}
     const block = Buffer.alloc(${megabyte});
     for (let i = 0; i < 50; i += 1) { fillBlock(block, i); writeBlock(block); }
     writeBlock(Buffer.from("the end"));`,
    {
      mode,
      onOutput({ bytes }) {
        hash.update(bytes);
        length += bytes.length;
        last = bytes;
      },
    },
  );
  expect(await running.ended).toMatchObject({ exitCode: 0 });
  const expected = createHash("sha256");
  const block = Buffer.alloc(megabyte);
  for (let i = 0; i < 50; i += 1) {
    fillBlock(block, i);
    expected.update(block);
  }
  expect(length).toBe(50 * megabyte + "the end".length);
  expect(Buffer.from(last).toString()).toMatch(/the end$/);
  expect(hash.digest("hex")).toBe(expected.update("the end").digest("hex"));
});

test.for(modes)("gets the last bytes before an exit, 200 times (%s)", async (mode, { expect }) => {
  for (let round = 0; round < 200; round += 1) {
    // More than a terminal holds for one read, less than it holds at all: all is still in the kernel at the exit.
    const running = await shell(`printf '%${5_000 + 10 * round}s' x; printf last-${round}`, { mode });
    await running.ended;
    expect(running.text()).toBe(`${"x".padStart(5_000 + 10 * round)}last-${round}`);
  }
});

test.for(modes)("gets all that a killed process had written (%s)", async (mode, { expect }) => {
  for (let round = 0; round < 20; round += 1) {
    const running = await shell(`printf '%20000s' ${round}; kill -KILL $$`, { mode });
    expect(await running.ended).toMatchObject({ exitCode: 137, signal: "SIGKILL" });
    expect(running.text()).toBe(`${round}`.padStart(20_000));
  }
});

test.for(modes)("goes on when a process closes its output and lives on (%s)", async (mode, { expect }) => {
  const running = await shell("echo first; exec >/dev/null 2>&1 </dev/null; sleep 0.2; exit 4", { mode });
  expect(await running.ended).toMatchObject({ exitCode: 4 });
  expect(running.text().trim()).toBe("first");
});

test.for(modes)(
  "makes the process wait for a slow receiver, in little memory (%s)",
  async (mode, { expect }) => {
    await using directory = await testDirectory("airunner");
    const progress = join(directory.path, "written");
    const gate = Promise.withResolvers<void>();
    let taken = 0;
    let pending = 0;
    let mostPending = 0;
    const running = await node(
      `${writeBlock}
     const block = Buffer.alloc(100_000, "x");
     for (let i = 0; i < 100; i += 1) { writeBlock(block); require("node:fs").writeFileSync("written", String(i + 1)); }`,
      {
        mode,
        cwd: directory.path,
        async onOutput({ bytes }) {
          pending += 1;
          mostPending = Math.max(mostPending, pending);
          await gate.promise;
          taken += bytes.length;
          pending -= 1;
        },
      },
    );
    const written = (): string => (existsSync(progress) ? readFileSync(progress, "utf8") : "0");
    await waitUntilBlocked(running.pid, written);
    // Of 10 MB the kernel holds less than 200 kB.
    expect(Number(written())).toBeLessThan(2);
    gate.resolve();
    expect(await running.ended).toMatchObject({ exitCode: 0 });
    expect(taken).toBe(10_000_000);
    expect(mostPending).toBe(1);
  },
);

test.for(modes)(
  "reads all for a receiver that is slower than the grace for others (%s)",
  async (mode, { expect }) => {
    let text = "";
    const running = await shell("printf '%60000s' end", {
      mode,
      outputGraceMs: 0,
      async onOutput({ bytes }) {
        for (let turns = 0; turns < 20; turns += 1) await turn();
        text += Buffer.from(bytes).toString();
      },
    });
    await running.ended;
    expect(text).toBe("end".padStart(60_000));
  },
);

test("ends with the receiver's error and kills the process when the receiver throws", async ({ expect }) => {
  const broken = new Error("the disk is full");
  const running = await shell("echo one; sleep 1000", {
    onOutput() {
      throw broken;
    },
  });
  await expect(running.ended).rejects.toBe(broken);
  expect(processesOf(running.marker)).toEqual([]);
});

test("ends with the receiver's error when its promise is rejected", async ({ expect }) => {
  const broken = new Error("the disk is full");
  const running = await shell("echo one; sleep 1000", {
    async onOutput() {
      await turn();
      throw broken;
    },
  });
  await expect(running.ended).rejects.toBe(broken);
});
