// SPDX-License-Identifier: MIT
import type { Mapping } from "../../mappings/mapping-key.ts";
import type { Author } from "../../objects/author.ts";
import type { FieldChange, WriteCall } from "../../objects/plan.ts";
import type { Forecast } from "../forecast/forecast.ts";
import { outcomeLines } from "../forecast/outcome-words.ts";
import { columns, cut, harmless } from "../text/harmless.ts";
import { moment } from "../text/times.ts";
import type { Explanation, ParentFound, RecordFound, Told } from "./explanation.ts";
import { stateWords } from "./state-words.ts";

/** For people; lines with their ends. */
export function explanationText(explanation: Explanation, nowMs: number): string {
  const { key, kind, record, mapping, state, parents, author, forecast } = explanation;
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ["State", tell(state, (value) => [value?.status ?? "unknown to us", ...stateWords(value, nowMs)])],
    ["In v2", tell(mapping, (value) => [mappingWords(value)])],
    ["Parents", tell(parents, (value) => value.flatMap((parent) => parentLines(parent, 0)))],
    ["Author", tell(author, (value) => authorLines(value))],
    ["If it were done now", tell(forecast, forecastLines)],
    ["In v1", tell(record, (value) => recordLines(value, nowMs))],
  ];
  const body = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${title}\n${lines.map((line) => `  ${harmless(line)}\n`).join("")}`);
  return `${harmless(key)} (${kind})\n\n${body.join("\n")}`;
}

function tell<T>(part: Told<T>, lines: (value: T) => readonly string[]): readonly string[] {
  return "value" in part ? lines(part.value) : [`could not be told: ${part.unknown}`];
}

function recordLines(record: RecordFound, nowMs: number): readonly string[] {
  if (record.content === "missing") return ["There is no such key in v1-objects."];
  const { revision, writtenAt, content, columns: values = {}, problem } = record;
  const when = writtenAt === undefined ? "" : `, written ${moment(writtenAt, nowMs)}`;
  const rows = Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]);
  return [
    `Revision ${revision}${when}: ${contentWords[content]}${problem === undefined ? "" : ` ${problem}`}`,
    ...columns(rows, 100).split("\n").filter(Boolean),
  ];
}

const contentWords = {
  alive: "a record.",
  deleted: "deleted in v1.",
  unusable: "not readable.",
} as const;

function mappingWords(mapping: Mapping): string {
  switch (mapping.state) {
    case "absent":
      return "It is not mapped to anything in v2.";
    case "mapped":
      return `It is ${mapping.uid}${mapping.committeeUid === undefined ? "" : ` of committee ${mapping.committeeUid}`}.`;
    case "deleted":
      return "It was deleted in v2 and is not created again by itself; `v1-sync-helper resync` does it.";
  }
}

function parentLines(
  { column, key, mapping, isInV1, state, parents }: ParentFound,
  depth: number,
): readonly string[] {
  const indent = "  ".repeat(depth);
  if (mapping.state === "mapped") return [`${indent}${column} → ${key}: ${mapping.uid} in v2`];
  const inV2 = mapping.state === "deleted" ? "deleted in v2" : "not in v2";
  const inV1 = isInV1 === false ? "; v1 has no such record either" : "";
  const reason = state?.reason;
  const became =
    state === undefined
      ? "; nothing is remembered of it"
      : `; ${state.status}${reason === undefined ? "" : `: ${reason.code}: ${reason.message}`}`;
  return [
    `${indent}${column} → ${key}: ${inV2}${inV1}${became}`,
    ...parents.flatMap((parent) => parentLines(parent, depth + 1)),
  ];
}

function authorLines({ principal, email, kind, why }: Author): readonly string[] {
  const mail = email === undefined ? "" : ` <${email}>`;
  return [`${principal}${mail} (${kind})${why === undefined ? "" : `: ${why}`}`];
}

function forecastLines(forecast: Forecast | undefined): readonly string[] {
  if (forecast === undefined) return ["Nothing: v1 has no record of it."];
  return [
    ...forecast.calls.flatMap(({ call, author }) => callLines(call, author.principal)),
    ...outcomeLines(forecast.outcome),
  ];
}

function callLines(
  { method, path, service, ifMatch, changes }: WriteCall,
  principal: string,
): readonly string[] {
  const match = ifMatch === undefined ? "" : `, If-Match ${ifMatch}`;
  return [`${method} ${path} to the ${service} service, as ${principal}${match}`, ...changes.map(changeLine)];
}

function changeLine({ field, from, to }: FieldChange): string {
  return `    ${field}: ${shown(from)} → ${shown(to)}`;
}

function shown(value: FieldChange["from"]): string {
  return value === undefined ? "(none)" : cut(JSON.stringify(value), 60);
}
