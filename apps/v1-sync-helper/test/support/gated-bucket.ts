// SPDX-License-Identifier: MIT
import type { Bucket } from "../../src/nats/bucket.ts";

type Operation = "get" | "create" | "update" | "put" | "purge";

/** A real bucket whose operations can be held back, so that two programs meet in a chosen order. */
export interface GatedBucket {
  readonly bucket: Bucket;
  /**
   * Holds the next such operation back; every other one passes.
   *
   * @returns `reached` resolves when it would begin, `open` lets it go on
   */
  readonly hold: (
    operation: Operation,
    key: string,
  ) => { readonly reached: Promise<void>; readonly open: () => void };
}

export function gate(bucket: Bucket): GatedBucket {
  const gates = new Map<string, { readonly reach: () => void; readonly opened: Promise<void> }>();
  const pass = async (operation: Operation, key: string): Promise<void> => {
    const found = gates.get(`${operation} ${key}`);
    gates.delete(`${operation} ${key}`);
    found?.reach();
    await found?.opened;
  };
  return {
    bucket: {
      ...bucket,
      get: (key) => pass("get", key).then(() => bucket.get(key)),
      create: (key, value) => pass("create", key).then(() => bucket.create(key, value)),
      update: (key, value, revision) => pass("update", key).then(() => bucket.update(key, value, revision)),
      put: (key, value) => pass("put", key).then(() => bucket.put(key, value)),
      purge: (key, revision) => pass("purge", key).then(() => bucket.purge(key, revision)),
    },
    hold(operation, key) {
      const reached = Promise.withResolvers<void>();
      const opened = Promise.withResolvers<void>();
      gates.set(`${operation} ${key}`, { reach: reached.resolve, opened: opened.promise });
      return { reached: reached.promise, open: opened.resolve };
    },
  };
}
