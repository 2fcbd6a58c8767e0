// SPDX-License-Identifier: Apache-2.0
import type { Fault, FaultFunction, FaultRequest, Operation } from "../fault-s3/index.ts";
import type { PlannedFault, PlannedKill, PlannedRun } from "./scenario.ts";
import { DESTINATION_BUCKET, SOURCE_BUCKET, type World } from "./world.ts";

const OPERATIONS_OF: Readonly<Record<PlannedFault["on"], readonly Operation[]>> = {
  listing: ["ListObjects", "ListObjectsV2"],
  head: ["HeadObject"],
  delete: ["DeleteObject", "DeleteObjects"],
  put: ["PutObject", "CopyObject"],
};

/** What a server is told to do for a planned kind. */
const FAULTS: Readonly<Record<PlannedFault["kind"], Fault>> = {
  empty_page: { kind: "empty_page" },
  truncated_page: { kind: "truncated_page" },
  denied: { kind: "error", code: "AccessDenied" },
  server_error: { kind: "error", code: "InternalError" },
  reset: { kind: "reset" },
  cut: { kind: "cut" },
  invalid_xml: { kind: "invalid_xml" },
};

/** What a run's requests told: who was lied to, and which deletions were of objects the source had. */
export interface Observations {
  /** A listing of this side claimed less than there was. */
  readonly liedTo: Set<PlannedFault["side"]>;
  /** Keys deleted from the destination while the source held them. */
  readonly wronglyDeleted: Set<string>;
  readonly deletions: number;
}

/** Plays the faults, the kill and the reappearing objects of one run into the servers of `world`. */
export class Mischief {
  readonly observations = {
    liedTo: new Set<PlannedFault["side"]>(),
    wronglyDeleted: new Set<string>(),
    deletions: 0,
  };
  readonly #world: World;
  readonly #run: PlannedRun;
  readonly #kill: (who: PlannedKill["who"]) => void;
  readonly #seen = new Map<string, number>();
  #isKilled = false;

  constructor(world: World, run: PlannedRun, kill: (who: PlannedKill["who"]) => void) {
    this.#world = world;
    this.#run = run;
    this.#kill = kill;
    for (const { server } of [world.source, world.destination]) server.setFaults(this.#decide);
  }

  readonly #decide: FaultFunction = (request) => {
    const side = sideOf(request);
    const on = kindOf(request.operation);
    if (side === undefined || on === undefined) return undefined;
    const count = this.#count(side, on);
    this.#recreate(side, on, count);
    this.#maybeKill(on);
    const planned = this.#run.faults.find(
      (fault) =>
        fault.side === side && fault.on === on && count >= fault.nth && count < fault.nth + fault.times,
    );
    if (planned !== undefined && isLie(planned)) this.observations.liedTo.add(side);
    const fault = planned === undefined ? undefined : FAULTS[planned.kind];
    if (side === "destination" && on === "delete" && fault?.kind !== "error" && fault?.kind !== "reset")
      this.#watchDeletion(request);
    return fault;
  };

  #count(side: string, on: string): number {
    const count = (this.#seen.get(`${side} ${on}`) ?? 0) + 1;
    this.#seen.set(`${side} ${on}`, count);
    return count;
  }

  #recreate(side: string, on: string, count: number): void {
    const { recreate } = this.#run;
    if (recreate === undefined || side !== "source" || on !== "listing" || count !== recreate.atListing)
      return;
    const { source, destination } = this.#world;
    const surplus = destination.bucket.keysUnder("").filter((key) => !source.bucket.objects.has(key));
    for (const key of surplus.slice(0, recreate.count)) this.#world.copyBack(key);
  }

  #maybeKill(on: PlannedFault["on"]): void {
    const { kill } = this.#run;
    if (kill === undefined || kill.on !== on || this.#isKilled) return;
    const total = ["source", "destination"].reduce(
      (sum, side) => sum + (this.#seen.get(`${side} ${on}`) ?? 0),
      0,
    );
    if (total < kill.nth) return;
    this.#isKilled = true;
    this.#kill(kill.who);
  }

  #watchDeletion(request: FaultRequest): void {
    this.observations.deletions += 1;
    if (this.#world.source.bucket.objects.has(request.key)) this.observations.wronglyDeleted.add(request.key);
  }
}

/** Both buckets may be on one server, so the bucket tells the side. */
function sideOf(request: FaultRequest): PlannedFault["side"] | undefined {
  if (request.bucket === SOURCE_BUCKET) return "source";
  return request.bucket === DESTINATION_BUCKET ? "destination" : undefined;
}

function kindOf(operation: Operation): PlannedFault["on"] | undefined {
  if (OPERATIONS_OF.listing.includes(operation)) return "listing";
  if (OPERATIONS_OF.head.includes(operation)) return "head";
  if (OPERATIONS_OF.delete.includes(operation)) return "delete";
  return OPERATIONS_OF.put.includes(operation) ? "put" : undefined;
}

function isLie(fault: PlannedFault): boolean {
  return fault.on === "listing" && (fault.kind === "empty_page" || fault.kind === "truncated_page");
}
