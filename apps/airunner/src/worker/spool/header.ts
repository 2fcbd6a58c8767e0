// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";

const headerSchema = z.object({
  version: z.literal(1),
  jobId: z.string(),
  attempt: z.int().min(0),
  queue: z.string(),
  server: z.string(),
  taskToken: z.string(),
  createdAtMs: z.number(),
});

/** Whose events a spool holds, and what is needed to hand them in after the worker that ran the job is gone. */
export type SpoolHeader = z.infer<typeof headerSchema>;

/** @returns `undefined` where the text is no header of a version that we know */
export function parseHeader(json: string): SpoolHeader | undefined {
  try {
    return headerSchema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}
