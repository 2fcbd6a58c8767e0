// SPDX-License-Identifier: MIT
import type { Author } from "../../objects/author.ts";
import type { Plan } from "../../objects/plan.ts";
import type { ObjectType, World } from "../../objects/world.ts";
import type { ObjectKey, ObjectKind } from "../../records/object-key.ts";
import { type Content, readContent } from "../../sync/content.ts";
import type { Authorship } from "../../sync/ports.ts";
import type { Source } from "../../sync/source.ts";
import type { Store } from "../store/open-store.ts";
import type { Explanation, RecordFound, Told } from "./explanation.ts";
import { findParents } from "./parents.ts";

/** What planning takes; it reads from the services and from v1 and changes nothing. */
export interface Planner {
  readonly world: World;
  readonly types: Readonly<Record<ObjectKind, ObjectType>>;
  readonly authors: Authorship;
}

export interface ExplainOptions {
  readonly store: Store;
  readonly source: Source;
  /** `unknown`: why nothing can be planned, such as a setting that is missing. */
  readonly planner: Told<Planner>;
}

/** Finds out all it can; what does not answer leaves its own part open and no other. */
export async function explainObject(key: ObjectKey, options: ExplainOptions): Promise<Explanation> {
  const { store, source } = options;
  const content = await told(async () => {
    const newest = await source.newest(key.text);
    return newest === undefined ? undefined : { ...readContent(newest), revision: newest.revision };
  });
  const [record, mapping, state] = await Promise.all([
    told(() => recordFound(key, content, store)),
    told(() => store.mappings.read(key.kind, key.id, { fresh: true })),
    told(async () => (await store.states.read(key.text)).state),
  ]);
  const parents = await told(async () => {
    const found = "value" in record ? record.value : undefined;
    const columns = found !== undefined && found.content !== "missing" ? found.columns : undefined;
    return columns === undefined ? [] : findParents(key, columns, options);
  });
  const author = await told(() => authorOf(content, options.planner));
  const plan = await told(() => planOf(key, { content, mapping, state }, options.planner));
  return { key: key.text, kind: key.kind, id: key.id, record, mapping, state, parents, author, plan };
}

type ContentFound = Told<(Content & { readonly revision: number }) | undefined>;

async function told<T>(find: () => Promise<T>): Promise<Told<T>> {
  try {
    return { value: await find() };
  } catch (error) {
    return { unknown: Error.isError(error) ? error.message : String(error) };
  }
}

function valueOf<T>(part: Told<T>): T {
  if ("value" in part) return part.value;
  throw new Error(part.unknown);
}

async function recordFound(key: ObjectKey, content: ContentFound, store: Store): Promise<RecordFound> {
  const found = valueOf(content);
  if (found === undefined) return { content: "missing" };
  const entry = await store.objects.get(key.text);
  return {
    content: found.kind,
    revision: found.revision,
    ...(entry !== undefined && { writtenAt: entry.createdAt.toISOString() }),
    ...(found.kind !== "unusable" && found.record !== undefined && { columns: found.record.columns }),
    ...(found.kind === "unusable" && { problem: found.reason.message }),
  };
}

async function authorOf(content: ContentFound, planner: Told<Planner>): Promise<Author> {
  const { authors } = valueOf(planner);
  const found = valueOf(content);
  const record = found === undefined || found.kind === "unusable" ? undefined : found.record;
  return record === undefined ? authors.fallback : authors.authorOf(record.lastModifiedBy);
}

async function planOf(
  key: ObjectKey,
  known: Pick<Explanation, "mapping" | "state"> & { readonly content: ContentFound },
  planner: Told<Planner>,
): Promise<Plan | undefined> {
  const content = valueOf(known.content);
  const mapping = valueOf(known.mapping);
  const state = valueOf(known.state);
  const { world, types } = valueOf(planner);
  if (content === undefined) return undefined;
  if (content.kind === "unusable") return { action: "refuse", reason: content.reason };
  const subject = { key, mapping, applied: state?.applied, mustWrite: state?.unsettled === true };
  if (content.kind === "alive") return types[key.kind].plan(subject, content.record, world);
  return mapping.state === "mapped" ? types[key.kind].planDelete(subject, world) : undefined;
}
