// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { testDirectory, waitFor } from "@repo/testkit";
import { test } from "vitest";
import { BrokenPipeError } from "./context.ts";
import { FileOutput } from "./file-output.ts";

/** A pipe whose ends refuse to block, as those that another program has set so. */
async function openPipe(folder: string): Promise<{ readonly reader: number; readonly writer: number }> {
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) };
}

/** What is there now. */
function readNow(descriptor: number): Buffer {
  const buffer = Buffer.alloc(65_536);
  try {
    return buffer.subarray(0, readSync(descriptor, buffer));
  } catch (error) {
    if (Error.isError(error) && "code" in error && error.code === "EAGAIN") return Buffer.alloc(0);
    throw error;
  }
}

test("every byte arrives in order, however little a pipe takes at a time", async ({ expect }) => {
  await using directory = await testDirectory();
  const { reader, writer } = await openPipe(directory.path);
  const output = new FileOutput(writer);
  const sent = Buffer.alloc(700_000);
  for (let index = 0; index < sent.length; index += 1) sent[index] = (index * 7 + (index >> 8)) & 0xff;
  // Not waited for: the order is the output's own business.
  const written = Promise.all([
    output.write(sent.subarray(0, 300_001)),
    output.write(sent.subarray(300_001)),
  ]);
  const parts: Buffer[] = [];
  await waitFor(
    () => {
      parts.push(readNow(reader));
      return parts.reduce((sum, part) => sum + part.length, 0) >= sent.length;
    },
    { everyMs: 1 },
  );
  await written;
  expect(Buffer.concat(parts).equals(sent)).toBe(true);
  closeSync(reader);
  await expect(output.write("more")).rejects.toBeInstanceOf(BrokenPipeError);
  closeSync(writer);
});
