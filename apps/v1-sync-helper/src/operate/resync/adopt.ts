// SPDX-License-Identifier: MIT
import type { ObjectKey } from "../../records/object-key.ts";
import { CommandError, UsageError } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import type { Store } from "../store/open-store.ts";

const uidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Maps an object to one of v2; of a member as `{committee uid}:{member uid}`. What is mapped already stays.
 *
 * @throws {UsageError} when `uid` has not that form
 * @throws {CommandError} when one of both belongs to another
 */
export async function adopt(key: ObjectKey, uid: string, { mappings }: Store): Promise<void> {
  const parts = uid.trim().toLowerCase().split(":");
  const isMember = key.kind === "member";
  if (parts.length !== (isMember ? 2 : 1) || !parts.every((part) => uidForm.test(part)))
    throw new UsageError(
      isMember
        ? "--adopt takes {committee uid}:{member uid} for a member"
        : `--adopt takes the uid of the ${key.kind} in v2, as 7cad5a8d-19d0-41a4-81a6-043453daf9ee`,
    );
  const own = parts.at(-1) ?? "";
  const created = await mappings.create(key.kind, key.id, own, {
    replaceTombstone: true,
    ...(isMember && parts[0] !== undefined && { committeeUid: parts[0] }),
  });
  if (created.result === "mapped") return;
  const other =
    created.result === "owned"
      ? `${own} belongs to ${created.by}`
      : `${key.text} is mapped to ${created.mapping.state === "mapped" ? created.mapping.uid : "nothing, but deleted"}`;
  throw new CommandError(exitCodes.failed, `Nothing was changed: ${other}.`);
}
