// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@repo/http-retry";
import type { SpoolHeader } from "./header.ts";
import { isLocked, type OwnerLock, takeLock } from "./owner-lock.ts";
import { SpoolFile } from "./spool-file.ts";

export interface SpoolFolderOptions {
  readonly path: string;
  readonly clock: Clock;
  /** See `SpoolFileOptions.onStall`. */
  readonly onStall: (error: unknown) => void;
}

/** A spool whose worker is gone; it belongs to this worker now. */
export interface OrphanSpool {
  readonly path: string;
  /** Unix milliseconds of its last change. */
  readonly changedAtMs: number;
}

interface TakeOptions {
  readonly stem: string;
  readonly isHalfMade: boolean;
  readonly isWanted: (path: string) => Promise<boolean>;
}

/** `<job>.<attempt>.<owner>.spool`, or `.spool.new` where a rewrite was cut off. */
const spoolName = /^(?<stem>.+)\.(?<owner>[0-9a-f]{16})\.spool(?<rest>\.new)?$/;

/**
 * A folder of spools, which workers may share. Each worker holds a lock `<owner>.lock` while it lives, and puts its
 * owner id into the names of its spools, so that another sees which spools have lost their worker; it takes one over
 * by giving it a new name, which only one can do.
 */
export class SpoolFolder implements AsyncDisposable {
  readonly #options: SpoolFolderOptions;
  readonly #owner: string;
  readonly #lock: OwnerLock;

  private constructor(options: SpoolFolderOptions, owner: string, lock: OwnerLock) {
    this.#options = options;
    this.#owner = owner;
    this.#lock = lock;
  }

  /** Makes the folder where there is none, for the owner's eyes only. @throws the system's error */
  static async open(options: SpoolFolderOptions): Promise<SpoolFolder> {
    await mkdir(options.path, { recursive: true, mode: 0o700 });
    await chmod(options.path, 0o700);
    // A worker that looks for orphans at this very moment may take the new lock, or delete it, for an instant.
    for (let tries = 0; tries < 20; tries += 1) {
      const owner = randomBytes(8).toString("hex");
      const lock = await takeLock(join(options.path, `${owner}.lock`));
      if (lock !== undefined && existsSync(lock.path)) return new SpoolFolder(options, owner, lock);
      await lock?.[Symbol.asyncDispose]();
    }
    throw new Error(
      `The spool folder ${options.path} could not be locked; is it on a file system with locks?`,
    );
  }

  /** A new spool for an attempt. @throws the system's error */
  async create(header: SpoolHeader): Promise<SpoolFile> {
    const { clock, onStall } = this.#options;
    // Servers of the Go program number no attempts, so a job that comes twice needs names that differ.
    for (let copy = 0; ; copy += 1) {
      const stem = `${safeName(header.jobId)}.${header.attempt}${copy === 0 ? "" : `-${copy}`}`;
      try {
        return await SpoolFile.create({ path: this.#pathOf(stem), header, clock, onStall });
      } catch (error) {
        if (!hasCode(error, "EEXIST")) throw error;
      }
    }
  }

  /**
   * Takes over the spools of workers that are gone, if `isWanted` says so to their path. Locks and half-made files
   * of such workers are removed.
   */
  async takeOrphans(isWanted: (path: string) => Promise<boolean>): Promise<readonly OrphanSpool[]> {
    const names = await readdir(this.#options.path);
    const dead = new Map<string, boolean>();
    const isDead = async (owner: string): Promise<boolean> => {
      const known = dead.get(owner) ?? !(await isLocked(join(this.#options.path, `${owner}.lock`)));
      dead.set(owner, known);
      return known;
    };
    const orphans: OrphanSpool[] = [];
    for (const name of names) {
      const parts = spoolName.exec(name)?.groups;
      const owner = parts?.["owner"] ?? /^([0-9a-f]{16})\.lock$/.exec(name)?.[1];
      // Looking at the lock of a dead worker also removes it.
      if (owner === undefined || owner === this.#owner || !(await isDead(owner))) continue;
      if (parts === undefined) continue;
      const stem = parts["stem"] ?? name;
      const orphan = await this.#take(name, { stem, isHalfMade: parts["rest"] !== undefined, isWanted });
      if (orphan !== undefined) orphans.push(orphan);
    }
    return orphans;
  }

  async #take(name: string, { stem, isHalfMade, isWanted }: TakeOptions): Promise<OrphanSpool | undefined> {
    const from = join(this.#options.path, name);
    try {
      if (isHalfMade) {
        await unlink(from);
        return undefined;
      }
      if (!(await isWanted(from))) return undefined;
      const { mtimeMs } = await stat(from);
      const path = this.#pathOf(`${stem}-${randomBytes(3).toString("hex")}`);
      await rename(from, path);
      return { path, changedAtMs: mtimeMs };
    } catch (error) {
      // Another worker was faster.
      if (hasCode(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  #pathOf(stem: string): string {
    return join(this.#options.path, `${stem}.${this.#owner}.spool`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock[Symbol.asyncDispose]();
  }
}

/** Ids are UUIDs; whatever else a server sends must not become a path. */
function safeName(jobId: string): string {
  return jobId.replaceAll(/[^A-Za-z0-9-]/g, "_").slice(0, 80) || "job";
}

function hasCode(error: unknown, code: string): boolean {
  return Error.isError(error) && "code" in error && error.code === code;
}
