// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import { z } from "zod";
import type { World } from "./world.ts";

const counts = z.object({
  done: z.number(),
  claimed: z.number(),
  retry: z.number(),
  parked: z.number(),
  held: z.number(),
  dead: z.number(),
});

const reportSchema = z.object({
  pending: z.number().nullable(),
  in_hand: z.number().nullable(),
  objects: z.object({ project: counts, committee: counts, member: counts }),
  instances: z.array(z.object({ instance: z.string(), claims: z.number() })),
});

type Report = z.infer<typeof reportSchema>;

/** What `status` told at one moment, over all kinds of objects. */
export interface Standing extends z.infer<typeof counts> {
  /** Messages that are not acknowledged. */
  readonly messages: number;
  readonly claims: ReadonlyMap<string, number>;
}

/** @throws {Error} for a line that is no report */
export function readStanding(line: string): Standing {
  const { pending, in_hand, objects, instances } = reportSchema.parse(JSON.parse(line));
  const kinds = Object.values(objects);
  const sum = (status: keyof Report["objects"]["project"]): number =>
    kinds.reduce((all, each) => all + each[status], 0);
  return {
    messages: (pending ?? 0) + (in_hand ?? 0),
    done: sum("done"),
    claimed: sum("claimed"),
    retry: sum("retry"),
    parked: sum("parked"),
    held: sum("held"),
    dead: sum("dead"),
    claims: new Map(instances.map(({ instance, claims }) => [instance, claims])),
  };
}

/** Follows `v1-sync-helper status --watch --json`, as an operator's screen does. */
export interface StatusFeed {
  readonly stop: () => Promise<void>;
  readonly latest: Standing | undefined;
  /**
   * Waits until nothing is under way and so many are parked, by two looks that began after now.
   *
   * @returns the last look; after a minute without that, too, since the demo goes on and tells
   */
  settle(wanted: {
    readonly parked: number;
    readonly onLook: (standing: Standing) => void;
  }): Promise<Standing>;
}

const deadlineMs = 60_000;

export async function startStatusFeed(world: World): Promise<StatusFeed> {
  const command = await world.start(["status", "--watch", "--json", "--interval", "250ms"]);
  const looks: Standing[] = [];
  command.stdout.onLine((line) => looks.push(readStanding(line)));
  for (const line of command.stdout.lines) looks.push(readStanding(line));
  await command.stdout.waitForLine(/./, { deadlineMs: 30_000 });
  return {
    async stop() {
      await command[Symbol.asyncDispose]();
    },
    get latest() {
      return looks.at(-1);
    },
    async settle({ parked, onLook }) {
      const from = looks.length + 1;
      const isQuiet = (look: Standing | undefined): boolean =>
        look !== undefined && look.messages + look.claimed + look.retry === 0 && look.parked === parked;
      const look = () => {
        const last = looks.at(-1);
        if (last !== undefined) onLook(last);
        return looks.length >= from + 2 && looks.slice(-2).every(isQuiet) ? last : undefined;
      };
      const { signal } = world;
      try {
        return await waitFor(look, { deadlineMs, everyMs: 50, signal, what: "the work to be done" });
      } catch (error) {
        signal.throwIfAborted();
        const last = looks.at(-1);
        if (last === undefined) throw error;
        return last;
      }
    },
  };
}
