// SPDX-License-Identifier: MIT
import type { NaturalKey, Write } from "@repo/testkit/lfx-v2";
import type { Book } from "../foundation/book.ts";
import { unknown } from "../foundation/cast.ts";
import { type Editor, editionIn, keyOf, type V1Object } from "../foundation/v1-object.ts";
import { type Sight, uidOf } from "./sight.ts";

/** How v2 came to what it is. */
export interface Judgement {
  /** Writes that v2 carried out. */
  readonly writes: number;
  /** By who was named. */
  readonly by: Readonly<Record<Editor["kind"], number>>;
  readonly wrongAuthors: readonly string[];
  /** An older edition after a newer one. */
  readonly outOfOrder: readonly string[];
  /** Objects that were created more than once in the same place. */
  readonly twice: readonly string[];
}

/** Objects, and writes to them, oldest first. */
type Deeds = readonly (readonly [object: V1Object, writes: readonly Write[]])[];

export function judgeWrites(book: Book, sight: Sight): Judgement {
  const { deeds, strangers } = deedsOf(book, sight);
  const by = { person: 0, machine: 0, unknown: 0 };
  const wrongAuthors = [...strangers];
  for (const [object, writes] of deeds) {
    for (const write of writes) {
      const author = authorOf(book, object, write, write === writes.at(-1));
      by[author.kind] += 1;
      if (!isBy(write, author))
        wrongAuthors.push(
          `${write.method} of ${keyOf(object)} was ${write.principal}'s, not ${author.principal}'s`,
        );
    }
  }
  return {
    writes: sight.writes.length,
    by,
    wrongAuthors,
    outOfOrder: deeds.flatMap(([object, writes]) => setBack(object, writes)),
    twice: deeds.flatMap(([object, writes]) => createdTwice(object, writes)),
  };
}

function isBy(write: Write, { principal, sub, email, onBehalfOf }: Editor): boolean {
  return (
    write.principal === principal &&
    write.sub === sub &&
    write.email === email &&
    write.onBehalfOf === onBehalfOf
  );
}

/** Who made the edition that a write carries. A delete carries none: it is the object's end, or a member's move. */
function authorOf(book: Book, object: V1Object, write: Write, isLast: boolean): Editor {
  const editions = book.editions(object.id);
  if (write.method !== "DELETE") {
    const edition = editionOf(write);
    return editions.find((each) => each.edition === edition)?.editor ?? object.editor;
  }
  if (object.removal === undefined || !isLast) return moverOf(editions) ?? object.editor;
  // A row that is simply gone does not say who removed it.
  return object.removal === "marked" ? object.editor : unknown("");
}

function moverOf(editions: readonly V1Object[]): Editor | undefined {
  const isMove = (each: V1Object, index: number): boolean => {
    const before = editions[index - 1];
    return (
      each.kind === "member" &&
      before?.kind === "member" &&
      each.fields.committeeId !== before.fields.committeeId
    );
  };
  return editions.find(isMove)?.editor;
}

function editionOf({ body }: Write): number | undefined {
  return editionIn(body?.["description"] ?? body?.["job_title"]);
}

function setBack(object: V1Object, writes: readonly Write[]): readonly string[] {
  const found: string[] = [];
  let newest = 0;
  for (const write of writes) {
    const edition = editionOf(write) ?? newest;
    if (edition < newest) found.push(`${keyOf(object)} went back from edition ${newest} to ${edition}`);
    newest = Math.max(newest, edition);
  }
  return found;
}

function createdTwice(object: V1Object, writes: readonly Write[]): readonly string[] {
  const places = writes
    .filter(({ method }) => method === "POST")
    .map(({ naturalKey }) => (naturalKey.kind === "member" ? naturalKey.committeeUid : ""));
  return new Set(places).size === places.length
    ? []
    : [`${keyOf(object)} was created ${places.length} times`];
}

function deedsOf(book: Book, sight: Sight): { readonly deeds: Deeds; readonly strangers: readonly string[] } {
  const find = finder(book, sight);
  const deeds = new Map<string, Write[]>();
  const strangers: string[] = [];
  for (const write of sight.writes) {
    const id = find(write);
    if (id === undefined)
      strangers.push(`${write.method} ${write.resource} ${write.uid} is of no record of v1`);
    else deeds.set(id, [...(deeds.get(id) ?? []), write]);
  }
  return { deeds: [...deeds].map(([id, writes]) => [book.current(id), writes]), strangers };
}

/** Whose record a write is about: by the table of ids, or, for what is gone, by the names that it had. */
function finder(book: Book, sight: Sight): (write: Write) => string | undefined {
  const byUid = new Map<string, string>();
  const byName = new Map<string, string>();
  for (const id of book.ids) {
    const uid = uidOf(book.current(id), sight);
    if (uid !== undefined) byUid.set(uid, id);
    for (const edition of book.editions(id)) byName.set(nameOf(edition), id);
  }
  const committees = new Map<string, string>();
  for (const { naturalKey, uid } of sight.writes) {
    if (naturalKey.kind === "committee") committees.set(uid, byName.get(writtenName(naturalKey)) ?? "");
  }
  return ({ uid, naturalKey }) => byUid.get(uid) ?? byName.get(writtenName(naturalKey, committees));
}

function nameOf(object: V1Object): string {
  switch (object.kind) {
    case "project":
      return `project ${object.fields.slug}`;
    case "committee":
      return `committee ${object.fields.name}`;
    case "member":
      return `member ${object.fields.committeeId} ${object.fields.person.email}`;
  }
}

function writtenName(key: NaturalKey, committees: ReadonlyMap<string, string> = new Map()): string {
  switch (key.kind) {
    case "project":
      return `project ${key.slug}`;
    case "committee":
      return `committee ${key.name}`;
    case "member":
      return `member ${committees.get(key.committeeUid) ?? ""} ${key.email}`;
  }
}
