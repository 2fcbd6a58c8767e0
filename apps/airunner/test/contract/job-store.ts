// SPDX-License-Identifier: Apache-2.0
import { describe } from "vitest";
import { createBehaves } from "./behaves.ts";
import { cancelBehaviour } from "./cancel.ts";
import { claimBehaviour } from "./claim.ts";
import { enqueueBehaviour } from "./enqueue.ts";
import { leaseBehaviour } from "./lease.ts";
import { lifetimeBehaviour } from "./lifetime.ts";
import { listBehaviour } from "./list.ts";
import { appendBehaviour, readBehaviour } from "./log.ts";
import { outcomeBehaviour } from "./outcome.ts";
import { retentionBehaviour } from "./retention.ts";
import type { StoreFactory } from "./store-under-test.ts";

/**
 * What every implementation of the JobStore port does, whatever keeps its data. Rows are those of the weaknesses of
 * the Go program; "never again" names what was seen in it.
 */
export function describeJobStore(name: string, factory: StoreFactory): void {
  const behaves = createBehaves(factory);
  describe(`${name} store`, () => {
    describe("submitting", () => {
      enqueueBehaviour(behaves);
    });
    describe("handing out", () => {
      claimBehaviour(behaves, factory);
    });
    describe("leases", () => {
      leaseBehaviour(behaves, factory);
    });
    describe("outcomes", () => {
      outcomeBehaviour(behaves, factory);
    });
    describe("cancelling", () => {
      cancelBehaviour(behaves);
    });
    describe("appending events", () => {
      appendBehaviour(behaves);
    });
    describe("reading events", () => {
      readBehaviour(behaves);
    });
    describe("listing and counting", () => {
      listBehaviour(behaves);
    });
    describe.runIf(factory.hasTimedRetention)("retention", () => {
      retentionBehaviour(behaves);
    });
    describe("its own life", () => {
      lifetimeBehaviour(behaves);
    });
  });
}
