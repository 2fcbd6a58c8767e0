// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";

/** Distance of two slots: a segment of one entry with the largest event, and its numbers, fit. */
export const slotBytes = 393_216;

/**
 * A file of slots for segments. It is made with the first write and has no name from then on, so that nothing is left
 * of it however the process ends. What a slot does not use takes no room on the disk.
 */
export class SpillFile implements AsyncDisposable {
  readonly #directory: string;
  #handle: Promise<FileHandle> | undefined;
  #slots = 0;
  readonly #freeSlots: number[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  takeSlot(): number {
    return this.#freeSlots.pop() ?? this.#slots++;
  }

  freeSlot(slot: number): void {
    this.#freeSlots.push(slot);
  }

  async write(slot: number, parts: readonly Uint8Array[]): Promise<void> {
    const handle = await this.#open();
    let position = slot * slotBytes;
    for (const part of parts) {
      for (let done = 0; done < part.length; ) {
        const { bytesWritten } = await handle.write(part, done, part.length - done, position);
        done += bytesWritten;
        position += bytesWritten;
      }
    }
  }

  async read(slot: number, length: number): Promise<ArrayBuffer> {
    const handle = await this.#open();
    const buffer = new ArrayBuffer(length);
    const bytes = new Uint8Array(buffer);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await handle.read(bytes, done, length - done, slot * slotBytes + done);
      if (bytesRead === 0)
        throw new Error(`slot ${slot} of the spill file ends after ${done} of ${length} bytes`);
      done += bytesRead;
    }
    return buffer;
  }

  #open(): Promise<FileHandle> {
    this.#handle ??= openUnnamed(this.#directory).catch((error: unknown) => {
      // The next one tries again.
      this.#handle = undefined;
      throw error;
    });
    return this.#handle;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const handle = this.#handle;
    this.#handle = Promise.reject(new Error("the spill file is closed"));
    this.#handle.catch(() => undefined);
    await (await handle?.catch(() => undefined))?.close();
  }
}

async function openUnnamed(directory: string): Promise<FileHandle> {
  const path = join(directory, `airunner-events-${randomUUID()}`);
  const handle = await open(path, "wx+", 0o600);
  try {
    await unlink(path);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return handle;
}
