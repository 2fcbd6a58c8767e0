// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from "node:timers/promises";
import { createMemoryStore } from "../src/stores/memory/memory-store.ts";
import { describeJobStore } from "./contract/job-store.ts";
import type { StoreFactory } from "./contract/store-under-test.ts";

const memory: StoreFactory = {
  isOrdered: true,
  hasTimedRetention: true,
  async createStore({ clock, ...options }) {
    const store = createMemoryStore({ clock, ...options });
    return {
      store,
      advance: (ms) => clock.advance(ms),
      settle: () => setImmediate(),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
  },
};

describeJobStore("memory", memory);
