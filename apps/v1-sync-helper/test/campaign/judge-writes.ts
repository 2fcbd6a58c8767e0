// SPDX-License-Identifier: MIT
import type { Write } from "@repo/testkit/lfx-v2";
import type { Evidence, TracedWrite } from "./evidence.ts";
import { authorBy, type ExpectedAuthor, fallbackAuthor, needsLookup } from "./people.ts";
import { editedAt } from "./rows.ts";
import type { Revision, V1Object } from "./v1-object.ts";

/** What is wrong with the writes to v2, by the service's own record of them. */
export function judgeWrites(evidence: Evidence): readonly string[] {
  const objects = new Map(evidence.objects.map((object) => [object.key, object]));
  const alive = new Map<string, Set<string>>();
  /** The revision of the last write of each object, and of its settings. */
  const newest = new Map<string, number>();
  const problems: string[] = [];
  for (const traced of evidence.writes) {
    const { write, key, mark } = traced;
    const object = key === undefined ? undefined : objects.get(key);
    if (key === undefined || object === undefined) {
      problems.push(`${describe(write)} is nobody's`);
      continue;
    }
    const own = alive.get(key) ?? new Set();
    alive.set(key, own);
    if (write.method === "DELETE") own.delete(write.uid);
    else if (write.method === "POST") own.add(write.uid);
    if (own.size > 1)
      problems.push(`${key} is in v2 twice: ${describe(write)} made ${[...own].join(" and ")}`);
    if (mark !== undefined) {
      // Settings are written after the object and by themselves, with an ETag of their own.
      const resource = `${key} ${write.resource}`;
      const before = newest.get(resource) ?? 0;
      // Of several revisions that say the same, the earliest that it may be.
      const now = object.revisions.find((each) => each.mark === mark && each.number >= before)?.number;
      if (now === undefined)
        problems.push(`${key} went back from revision ${before} to ${mark}: ${describe(write)}`);
      else newest.set(resource, now);
    }
    problems.push(...judgeAuthor(evidence, object, traced).map((problem) => `${key}: ${problem}`));
  }
  return problems;
}

export function describe({ sequence, request, method, resource, uid, isLate, wasAnswered }: Write): string {
  const how = isLate ? "late" : wasAnswered ? "answered" : "unanswered";
  return `write ${sequence} (request ${request}: ${method} ${resource} ${uid}, ${how})`;
}

function judgeAuthor(evidence: Evidence, object: V1Object, { write, mark }: TracedWrite): readonly string[] {
  const allowed = editorsOf(object, write, mark);
  const isRight = allowed.some(
    (editor) =>
      isSame(authorBy(editor), write) ||
      (needsLookup(editor) && isSame(fallbackAuthor, write) && couldNotAsk(evidence, write.atMs)),
  );
  if (isRight) return [];
  const wanted = [...new Set(allowed.map((editor) => authorBy(editor).principal))].join(" or ");
  return [
    `${describe(write)} of the mark ${mark} is ${write.principal}'s (${write.email}) in place of ${wanted}'s`,
  ];
}

function isSame({ principal, sub, email }: ExpectedAuthor, write: Write): boolean {
  return principal === write.principal && sub === write.sub && email === write.email;
}

/** A look-up waits for others, and a failed one for its next try: so long after a fault the fallback is right. */
const patienceMs = 20_000;

function couldNotAsk({ lookupFaults }: Evidence, atMs: number): boolean {
  return lookupFaults.some(({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs + patienceMs);
}

/** Who may stand behind a write; `null`: nobody in particular. */
function editorsOf(
  { revisions }: V1Object,
  write: Write,
  mark: number | undefined,
): readonly (string | null)[] {
  const of = ({ columns }: Revision): string | null => textOrNull(columns?.["lastmodifiedbyid"]);
  if (write.method === "DELETE") {
    // A member that moves is deleted by whoever moved it; of what v1 deleted nobody is known, but for a delete that was an edit.
    const moves = revisions.filter(({ isDelete }) => !isDelete).map(of);
    const deletions = revisions
      .filter(({ isDelete }) => isDelete)
      .map((each) => (isAlsoEdit(each) ? of(each) : null));
    return write.resource === "committee-member" ? [...moves, ...deletions] : deletions;
  }
  // Settings of committees bear no trace.
  return revisions.filter((each) => mark === undefined || each.mark === mark).map(of);
}

function isAlsoEdit({ columns, number }: Revision): boolean {
  return columns?.["_sdc_deleted_at"] === editedAt(number);
}

function textOrNull(value: string | boolean | null | undefined): string | null {
  return typeof value === "string" ? value : null;
}
