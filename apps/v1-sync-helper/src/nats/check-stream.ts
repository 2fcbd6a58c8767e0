// SPDX-License-Identifier: MIT
import { z } from "zod";
import type { StreamPlan } from "./bucket-plans.ts";
import type { Ensured } from "./ensured.ts";

/** What matters of a stream that is there; what a server leaves out has its default. */
const config = z.object({
  subjects: z.array(z.string()).default([]),
  max_msgs_per_subject: z.number().default(-1),
  max_msg_size: z.number().default(-1),
  max_bytes: z.number().default(-1),
  max_msgs: z.number().default(-1),
  max_age: z.number().default(0),
  storage: z.string().default("file"),
  discard: z.string().default("old"),
  retention: z.string().default("limits"),
  allow_direct: z.boolean().default(false),
  allow_rollup_hdrs: z.boolean().default(false),
  deny_purge: z.boolean().default(false),
  sealed: z.boolean().default(false),
  mirror: z.optional(z.unknown()),
});

const state = z.object({ bytes: z.number().default(0) });

export type FoundConfig = z.infer<typeof config> & { readonly storedBytes: number };

/** Reads the answer to STREAM.INFO. */
export function foundConfig(answer: Readonly<Record<string, unknown>>): FoundConfig {
  return { ...config.parse(answer["config"] ?? {}), storedBytes: state.parse(answer["state"] ?? {}).bytes };
}

/** Says of a stream that is there what keeps it from being used, and what may hurt later. */
export function checkStream(plan: StreamPlan, found: FoundConfig): Ensured {
  return {
    problems: problemsOf(plan, found).map((text) => `The ${plan.title} cannot be used: ${text}.`),
    warnings: warningsOf(plan, found).map((text) => `The ${plan.title} ${text}.`),
  };
}

type Remark = readonly [applies: boolean, text: string];

function problemsOf(plan: StreamPlan, found: FoundConfig): readonly string[] {
  const [subject = ""] = plan.config.subjects;
  return applying([
    [found.mirror !== undefined && found.mirror !== null, "it is a mirror, which takes no writes"],
    [found.sealed, "it is sealed"],
    [
      found.mirror === undefined && !takes(found.subjects, subject),
      `it does not take the subject ${subject}`,
    ],
    [plan.isBucket && found.retention !== "limits", `its retention is ${found.retention} in place of limits`],
  ]);
}

function warningsOf(plan: StreamPlan, found: FoundConfig): readonly string[] {
  const { isBucket, mustKeep, isPurged, config: wanted } = plan;
  const isLimited = found.max_bytes > 0 || found.max_msgs > 0;
  const isSmall = found.max_msg_size > 0 && found.max_msg_size < Math.min(wanted.max_msg_size, 1024 * 1024);
  return applying([
    [found.storage === "memory", "is kept in memory and lost when the server restarts"],
    [mustKeep && found.max_age > 0, `loses entries after ${found.max_age / 1e9} s (max_age)`],
    [
      mustKeep && found.discard === "old" && isLimited,
      "loses its oldest entries when it is full (discard old)",
    ],
    [
      isBucket && found.max_msgs_per_subject < 1,
      "keeps every revision of every key (history without a limit)",
    ],
    [isBucket && isSmall, `takes values of ${found.max_msg_size} bytes at most`],
    [isBucket && !found.allow_direct, "gives no direct answers (allow_direct), so reads are slower"],
    [isPurged && (found.deny_purge || !found.allow_rollup_hdrs), "does not let keys be purged"],
    [!mustKeep && isBucket && found.max_age === 0, "never forgets an entry (no max_age)"],
    [
      !mustKeep && isBucket && found.max_age > 0 && found.max_age !== wanted.max_age,
      `forgets entries after ${found.max_age / 1e9} s in place of ${wanted.max_age / 1e9} s`,
    ],
  ]);
}

function applying(remarks: readonly Remark[]): readonly string[] {
  return remarks.filter(([applies]) => applies).map(([, text]) => text);
}

/** Whether one of the stream's subjects covers all that `wanted` means. */
function takes(subjects: readonly string[], wanted: string): boolean {
  return subjects.some((subject) => covers(subject.split("."), wanted.split(".")));
}

function covers(subject: readonly string[], wanted: readonly string[]): boolean {
  for (const [i, part] of subject.entries()) {
    if (part === ">") return wanted.length > i;
    const other = wanted[i];
    if (other === undefined || other === ">") return false;
    if (part !== "*" && part !== other) return false;
  }
  return subject.length === wanted.length;
}
