// SPDX-License-Identifier: MIT
import type { Author } from "../../objects/author.ts";
import type { WriteCall } from "../../objects/plan.ts";
import type { WriteAnswer } from "../../services/answer.ts";
import type { Hold } from "../../sync/attempt.ts";
import type { SyncEvents } from "../../sync/events.ts";
import type { Ports } from "../../sync/ports.ts";
import type { ForecastCall, ForecastPorts } from "./forecast.ts";

/** Stands for the uid that v2 would give. */
const newUid = "(new)";

export interface DryOptions {
  readonly ports: ForecastPorts;
  readonly hold: Hold;
  /** Gets what would be sent. */
  readonly calls: ForecastCall[];
  readonly deletesLeft: () => Promise<number>;
  /** Told of a defect of this program, which the attempt itself only calls `internal`. */
  readonly onDefect: (error: unknown) => void;
}

/** The same parts, with those that write replaced. */
export function dryPorts({ ports, hold, calls, deletesLeft, onDefect }: DryOptions): Ports {
  const send = async (call: WriteCall, author: Author): Promise<WriteAnswer> => {
    const existing = call.method === "POST" ? await findExisting(ports, hold) : undefined;
    // The service would say so, and the attempt go on from there.
    if (existing !== undefined)
      return { result: "taken", reason: { code: "taken", message: `v2 has it already: ${existing}.` } };
    calls.push({ call, author });
    return { result: "done", ...(call.method === "POST" && { uid: newUid }) };
  };
  return {
    ...ports,
    services: {
      longestSendMs: ports.services.longestSendMs,
      send,
      // Only asked after a create, about the object that would have been made.
      uidOfSlug: async () => newUid,
    },
    mappings: {
      ...ports.mappings,
      create: async () => ({ result: "mapped" }),
      tombstone: async () => {},
      forget: async () => {},
    },
    slugLocks: { acquire: async () => true, release: async () => {} },
    deleteWindow: { take: async () => (await deletesLeft()) > 0, used: async () => 0 },
    events: { ...silent, defect: onDefect },
  };
}

/** The natural key stands in the intent that is noted down before a create. */
async function findExisting({ world }: ForecastPorts, hold: Hold): Promise<string | undefined> {
  const naturalKey = hold.state.intents?.at(-1)?.naturalKey;
  return naturalKey === undefined ? undefined : await world.find(naturalKey);
}

const silent: Omit<SyncEvents, "defect"> = {
  object: () => undefined,
  leftovers: () => undefined,
  trouble: () => undefined,
};
