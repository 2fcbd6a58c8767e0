// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";

/** Variable that names the job a process belongs to: daemons leave group and session, and keep their environment. */
export const markerVariable = "AIRUNNER_MARKER";

/** A process that is alive: zombies, which are gone but for their number, do not count. */
export interface TableEntry {
  readonly pid: number;
  readonly group: number;
  readonly session: number;
  /** "" where it has none, or keeps its environment from us. */
  readonly marker: string;
}

/** Processes that a job started. */
export interface ProcessFamily {
  readonly marker: string;
  /** Its first process, leader of a session and a group; `undefined` while it is not known. */
  readonly leader: number | undefined;
}

export function isOfFamily(entry: TableEntry, { marker, leader }: ProcessFamily): boolean {
  return entry.marker === marker || entry.group === leader || entry.session === leader;
}

/** Processes between two turns of the event loop: about a millisecond. */
const processesPerTurn = 32;

let next: Promise<readonly TableEntry[]> | undefined;
let current: Promise<unknown> = Promise.resolve();

/** Everything that runs, read after the call. Callers that wait for the same reading share it. */
export async function readProcessTable(): Promise<readonly TableEntry[]> {
  next ??= startNext();
  return await next;
}

function startNext(): Promise<readonly TableEntry[]> {
  const reading = current.then(() => {
    next = undefined;
    return readAll();
  });
  current = reading.catch(() => undefined);
  return reading;
}

async function readAll(): Promise<readonly TableEntry[]> {
  const entries: TableEntry[] = [];
  const names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  for (const [index, name] of names.entries()) {
    if (index % processesPerTurn === processesPerTurn - 1) await turn();
    const entry = readEntry(Number(name));
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

function readEntry(pid: number): TableEntry | undefined {
  // "8 (a name (sic)) S 1 8 8 …": state, parent, group, session; the name may hold anything.
  const stat = readQuietly(`/proc/${pid}/stat`)?.toString("latin1");
  if (stat === undefined) return undefined;
  const [state, , group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (state === "Z" || state === "X" || group === undefined || session === undefined) return undefined;
  return { pid, group: Number(group), session: Number(session), marker: readMarker(pid) };
}

function readMarker(pid: number): string {
  const environment = readQuietly(`/proc/${pid}/environ`);
  if (environment === undefined) return "";
  const name = `${markerVariable}=`;
  const start = environment.indexOf(name, 0, "latin1");
  if (start === -1 || (start > 0 && environment[start - 1] !== 0)) return "";
  const end = environment.indexOf(0, start);
  return environment.toString("latin1", start + name.length, end === -1 ? undefined : end);
}

/** `undefined` for a process that has ended meanwhile, or that is another user's. */
function readQuietly(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
