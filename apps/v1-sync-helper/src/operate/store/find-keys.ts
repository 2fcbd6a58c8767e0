// SPDX-License-Identifier: MIT
import type { Bucket } from "../../nats/bucket.ts";
import {
  type ObjectKey,
  objectKey,
  objectKinds,
  parseObjectKey,
  streamOfKind,
} from "../../records/object-key.ts";
import type { ObjectStates } from "../../state/object-states.ts";
import { CommandError, UsageError } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";

/**
 * The objects that a person means by a whole key or by v1's id alone: of that id every kind of which there is a
 * record in v1 or a memory.
 *
 * @throws {UsageError} for keys of streams that are not synchronised
 * @throws {CommandError} when there is none
 */
export async function findKeys(
  text: string,
  { objects, states }: { readonly objects: Bucket; readonly states: ObjectStates },
): Promise<readonly ObjectKey[]> {
  const given = text.trim();
  const whole = parseObjectKey(given);
  if (whole !== undefined) return [whole];
  if (given === "" || /[\s*>]/.test(given))
    throw new UsageError("a key or an id has no blanks and no wildcards");
  if (given.includes("."))
    throw new UsageError(
      `${JSON.stringify(given.slice(0, 80))} is of a stream that is not synchronised; keys begin with ${Object.values(streamOfKind).join(", ")}`,
    );
  const candidates = objectKinds.map((kind) => objectKey(kind, given));
  const known = await Promise.all(
    candidates.map(async ({ text: key }) => {
      const [entry, { state }] = await Promise.all([objects.get(key), states.read(key)]);
      return entry !== undefined || state !== undefined;
    }),
  );
  const found = candidates.filter((_, index) => known[index] === true);
  if (found.length > 0) return found;
  throw new CommandError(
    exitCodes.notFound,
    `v1-objects has no project, committee or member of the id ${given.slice(0, 80)}.`,
  );
}
