// SPDX-License-Identifier: MIT
import type { Mapping } from "../../mappings/mapping-key.ts";
import type { Bucket } from "../../nats/bucket.ts";
import type { ObjectKey } from "../../records/object-key.ts";
import { requested, undelivered } from "../../state/transition.ts";
import { type CliContext, CommandError, UsageError } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import type { ResyncFlags } from "../commands/resync.ts";
import { editState } from "../store/edit-state.ts";
import { findKeys } from "../store/find-keys.ts";
import { openStore, type Store } from "../store/open-store.ts";
import { harmless } from "../text/harmless.ts";
import { adopt } from "./adopt.ts";

const reason = { code: "requested", message: "An operator asked for it with resync." } as const;

export async function runResync(id: string, flags: ResyncFlags, context: CliContext): Promise<number> {
  await using store = await openStore(context);
  const keys = await findKeys(id, store);
  if (flags.adopt !== undefined) {
    const [key, second] = keys;
    if (key === undefined || second !== undefined)
      throw new UsageError(
        `several kinds have this id; give the whole key with --adopt: ${keys.map(({ text }) => text).join(", ")}`,
      );
    await adopt(key, flags.adopt, store);
  }
  for (const key of keys) {
    const done = await resync(key, store);
    await context.stdout.write(
      flags.json === true
        ? `${JSON.stringify({ key: key.text, ...done })}\n`
        : `${harmless(key.text)}: ${done.note}\n`,
    );
  }
  return exitCodes.done;
}

interface Resynced {
  readonly note: string;
  readonly mapping: Mapping["state"];
}

async function resync(key: ObjectKey, { states, mappings, objects }: Store): Promise<Resynced> {
  const mapping = await mappings.read(key.kind, key.id, { fresh: true });
  const override = mapping.state === "deleted" ? { override: "recreate" as const } : {};
  const revision = await newestRevision(objects, key.text);
  const nowMs = Date.now();
  const { state } = await editState(states, key.text, (now) => {
    const known = now ?? (revision === undefined ? undefined : undelivered(now, revision, { nowMs, reason }));
    return known === undefined ? undefined : requested(known, { nowMs, reason, ...override });
  });
  if (state === undefined)
    throw new CommandError(
      exitCodes.notFound,
      `Neither v1-objects nor v1-sync-state knows ${key.text}: there is nothing to compare with v2.`,
    );
  const what =
    state.status === "claimed"
      ? `${state.owner ?? "an instance"} works on it at this moment`
      : "it is compared with v2 by the next free instance";
  return {
    note: mapping.state === "deleted" ? `${what}, and created again: it was deleted in v2` : what,
    mapping: mapping.state,
  };
}

async function newestRevision(objects: Bucket, key: string): Promise<number | undefined> {
  return (await objects.get(key))?.revision;
}
