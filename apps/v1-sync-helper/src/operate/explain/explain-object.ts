// SPDX-License-Identifier: MIT
import type { Author } from "../../objects/author.ts";
import type { ObjectKey } from "../../records/object-key.ts";
import { readContent } from "../../sync/content.ts";
import { keyProblem } from "../../sync/key-problem.ts";
import type { Source, StoredRevision } from "../../sync/source.ts";
import type { Forecaster } from "../forecast/open-forecaster.ts";
import type { Store } from "../store/open-store.ts";
import type { Explanation, RecordFound, Told } from "./explanation.ts";
import { findParents } from "./parents.ts";

export interface ExplainOptions {
  readonly store: Store;
  readonly source: Source;
  /** `unknown`: why nothing can be foretold, such as a setting that is missing. */
  readonly forecaster: Told<Forecaster>;
}

/** Finds out all it can; what does not answer leaves its own part open and no other. */
export async function explainObject(key: ObjectKey, options: ExplainOptions): Promise<Explanation> {
  const { store, source } = options;
  const problem = keyProblem(key.text);
  const newest = await told(() => {
    if (problem !== undefined) throw new Error(problem.message);
    return source.newest(key.text);
  });
  const [record, mapping, state] = await Promise.all([
    told(() => recordFound(key, newest, store)),
    told(() => store.mappings.read(key.kind, key.id, { fresh: true })),
    problem === undefined
      ? told(async () => (await store.states.read(key.text)).state)
      : { unknown: problem.message },
  ]);
  const parents = await told(async () => {
    const found = "value" in record ? record.value : undefined;
    const columns = found !== undefined && found.content !== "missing" ? found.columns : undefined;
    return columns === undefined ? [] : findParents(key, columns, options);
  });
  const author = await told(() => authorOf(newest, options.forecaster));
  const foretold = await told(async () => {
    const stored = valueOf(newest);
    const { forecast } = valueOf(options.forecaster);
    return stored === undefined ? undefined : await forecast(key, stored, valueOf(state));
  });
  const { text, kind, id } = key;
  return { key: text, kind, id, record, mapping, state, parents, author, forecast: foretold };
}

type Newest = Told<StoredRevision | undefined>;

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

async function recordFound(key: ObjectKey, newest: Newest, store: Store): Promise<RecordFound> {
  const stored = valueOf(newest);
  if (stored === undefined) return { content: "missing" };
  const content = readContent(stored);
  const entry = await store.objects.get(key.text);
  return {
    content: content.kind,
    revision: stored.revision,
    ...(entry !== undefined && { writtenAt: entry.createdAt.toISOString() }),
    ...(content.kind === "unusable" && { problem: content.reason.message }),
    ...(content.kind !== "unusable" && content.record !== undefined && { columns: content.record.columns }),
  };
}

async function authorOf(newest: Newest, forecaster: Told<Forecaster>): Promise<Author> {
  const { authors } = valueOf(forecaster);
  const stored = valueOf(newest);
  const content = stored === undefined ? undefined : readContent(stored);
  if (content === undefined || content.kind === "unusable" || content.record === undefined)
    return authors.fallback;
  return await authors.authorOf(content.record.lastModifiedBy);
}
