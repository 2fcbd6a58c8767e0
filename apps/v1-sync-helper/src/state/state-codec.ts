// SPDX-License-Identifier: MIT
import { z } from "zod";
import { type ReasonCode, reasonCodes } from "../reason.ts";
import { type ObjectState, objectStatuses } from "./object-state.ts";

const time = z.iso.datetime({ offset: true });
const count = z.int().min(0);

const mappingKey = z.templateLiteral([
  z.enum(["project", "committee", "committee_member"]),
  ".sfid.",
  z.string(),
]);

const naturalKey = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("project"), slug: z.string() }),
  z.object({ kind: z.literal("committee"), projectUid: z.string(), name: z.string() }),
  z.object({ kind: z.literal("member"), committeeUid: z.string(), email: z.string() }),
]);

const reason = z.object({
  code: z.custom<ReasonCode>((code) => typeof code === "string" && Object.hasOwn(reasonCodes, code)),
  message: z.string(),
  status: z.exactOptional(z.int()),
  call: z.exactOptional(z.string()),
});

const applied = z.object({
  revision: count,
  at: time,
  action: z.enum(["created", "adopted", "updated", "unchanged", "deleted", "ignored"]),
  uid: z.exactOptional(z.string()),
  principal: z.exactOptional(z.string()),
  sent: z.exactOptional(z.string()),
  notes: z.exactOptional(z.array(z.string())),
});

/** Fields that a later version adds are left out; anything else that is not as it should be is refused. */
const objectState = z.object({
  status: z.enum(objectStatuses),
  revision: count,
  owner: z.exactOptional(z.string()),
  attempts: count,
  crashes: z.exactOptional(count),
  since: time,
  lastAt: time,
  nextAt: z.exactOptional(time),
  waitsFor: z.exactOptional(z.array(mappingKey)),
  reason: z.exactOptional(reason),
  intents: z.exactOptional(z.array(z.object({ naturalKey, at: time }))),
  unsettled: z.exactOptional(z.boolean()),
  deleting: z.exactOptional(z.object({ uid: z.string(), next: z.enum(["end", "create"]) })),
  override: z.exactOptional(z.enum(["delete", "recreate"])),
  applied: z.exactOptional(applied),
  leftovers: z.exactOptional(z.array(z.string())),
}) satisfies z.ZodType<ObjectState>;

/** A record that is there and cannot be read. It is never treated as absent: a person has to look. */
export class UnreadableStateError extends Error {
  override readonly name = "UnreadableStateError";
}

/** @throws {UnreadableStateError} a sentence that names the key and the field */
export function decodeState(key: string, value: Uint8Array): ObjectState {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString());
  } catch (error) {
    throw unreadable(key, "it is no JSON", error);
  }
  const { data, error } = objectState.safeParse(json);
  if (error === undefined) return data;
  const [issue] = error.issues;
  throw unreadable(key, `its field "${issue?.path.join(".")}" is not as it should be`, error);
}

function unreadable(key: string, why: string, cause: unknown): UnreadableStateError {
  return new UnreadableStateError(
    `The state of ${key} cannot be read, because ${why}; mend or purge it in the bucket.`,
    { cause },
  );
}

/** `status` stands first, so that done ones are known without decoding. */
export function encodeState(state: ObjectState): string {
  const { status, ...rest } = state;
  return JSON.stringify({ status, ...rest });
}

const doneStart = Buffer.from('{"status":"done"');

/** Whether a value that {@link encodeState} made is that of a done object. Others may say false. */
export function isDoneState(value: Uint8Array): boolean {
  if (value.byteLength < doneStart.byteLength) return false;
  return doneStart.every((byte, i) => value[i] === byte);
}
