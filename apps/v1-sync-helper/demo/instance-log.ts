// SPDX-License-Identifier: MIT
import { z } from "zod";

const attempt = z.object({
  action: z.string().optional(),
  reason: z.string().optional(),
  project_uid: z.string().optional(),
  committee_uid: z.string().optional(),
  member_uid: z.string().optional(),
});

/** What the instances say that they did. */
export interface Deeds {
  /** Uids of what was found in v2 and adopted. */
  readonly adopted: ReadonlySet<string>;
  /** Changes that were our own, and were left alone. */
  readonly echoes: number;
}

/** As much of a running instance as is read here. */
interface Logging {
  readonly process: { readonly stdout: { readonly lines: readonly string[] } };
}

export function deedsOf(instances: readonly Logging[]): Deeds {
  const adopted = new Set<string>();
  let echoes = 0;
  for (const line of instances.flatMap(({ process }) => process.stdout.lines)) {
    if (!line.includes('"outcome"')) continue;
    const { action, reason, member_uid, committee_uid, project_uid } = attempt.parse(JSON.parse(line));
    const uid = member_uid ?? committee_uid ?? project_uid;
    if (action === "adopted" && uid !== undefined) adopted.add(uid);
    if (reason === "own_change") echoes += 1;
  }
  return { adopted, echoes };
}
