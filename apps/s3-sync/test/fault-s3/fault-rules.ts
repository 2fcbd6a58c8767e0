// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { OPERATIONS, type Operation } from "./operations.ts";
import type { S3Request } from "./request.ts";

const listingFault = z.discriminatedUnion("kind", [
  /** A listing page without entries that claims to be the last. */
  z.strictObject({ kind: z.literal("empty_page") }),
  /** The first `keep` entries of the page (default half of them), claimed to be all. */
  z.strictObject({ kind: z.literal("truncated_page"), keep: z.int().min(0).optional() }),
]);

/** What a fault does to the answer. A fault with `after: true` lets the operation happen and then spoils the answer. */
const faultSchema = z.union([
  listingFault,
  /** An S3 error document. */
  z.strictObject({
    kind: z.literal("error"),
    code: z.string(),
    status: z.int().optional(),
    message: z.string().optional(),
    elements: z.record(z.string(), z.string()).optional(),
    headers: z.record(z.string(), z.string()).optional(),
    after: z.boolean().optional(),
  }),
  /** Any answer: a login page, JSON, nothing at all, a redirect. */
  z.strictObject({
    kind: z.literal("answer"),
    status: z.int(),
    body: z.string(),
    contentType: z.string().optional(),
    headers: z.record(z.string(), z.string()).optional(),
  }),
  /** The connection is reset before an answer. */
  z.strictObject({ kind: z.literal("reset"), after: z.boolean().optional() }),
  /** The headers and the first bytes (default half) come, then the connection is reset. */
  z.strictObject({ kind: z.literal("cut"), bytes: z.int().min(0).optional() }),
  /** The right document with its end missing, whole by its Content-Length. */
  z.strictObject({ kind: z.literal("invalid_xml") }),
  /** No answer, for as long as the client waits. */
  z.strictObject({ kind: z.literal("hang"), after: z.boolean().optional() }),
  /** The body comes at this rate. */
  z.strictObject({ kind: z.literal("trickle"), bytesPerSecond: z.number().positive() }),
  /** A body without end. */
  z.strictObject({ kind: z.literal("endless") }),
  /** A Content-Length that is wrong by so many bytes. */
  z.strictObject({ kind: z.literal("wrong_length"), delta: z.int() }),
  /** One bit of the body is turned over. */
  z.strictObject({ kind: z.literal("corrupt") }),
  z.strictObject({ kind: z.literal("delay"), ms: z.number().min(0) }),
]);

export const faultRuleSchema = z.strictObject({
  operation: z.union([z.enum(OPERATIONS), z.array(z.enum(OPERATIONS))]).optional(),
  bucket: z.string().optional(),
  /** The key begins so; for a listing, its `prefix` parameter does. */
  prefix: z.string().optional(),
  key: z.string().optional(),
  /** Only requests signed with this key. */
  accessKeyId: z.string().optional(),
  /** Fires from the n-th matching request on, counted from 1. Default 1. */
  from: z.int().min(1).optional(),
  /** Fires at most so many times. Default: always. */
  times: z.int().min(1).optional(),
  /** Fires with this probability, drawn from the server's seeded generator. Default 1. */
  probability: z.number().min(0).max(1).optional(),
  fault: faultSchema,
});

export type Fault = Readonly<z.infer<typeof faultSchema>>;
export type ListingFault = Readonly<z.infer<typeof listingFault>>;
export type FaultRule = Readonly<z.infer<typeof faultRuleSchema>>;

/** A request as rules and functions see it; `sequence` counts all requests from 1. */
export interface FaultRequest extends S3Request {
  readonly sequence: number;
  readonly accessKeyId: string;
}

export type FaultFunction = (request: FaultRequest) => Fault | undefined;

/** Decides which fault, if any, meets a request: the first rule that fires. */
export class FaultPlan {
  readonly #rules: readonly { readonly rule: FaultRule; matches: number; fired: number }[];
  readonly #random: () => number;

  constructor(rules: readonly FaultRule[], random: () => number) {
    this.#rules = rules.map((rule) => ({ rule, matches: 0, fired: 0 }));
    this.#random = random;
  }

  faultFor(request: FaultRequest): Fault | undefined {
    for (const state of this.#rules) {
      const { rule } = state;
      if (!matches(rule, request)) continue;
      state.matches += 1;
      if (state.matches < (rule.from ?? 1) || state.fired >= (rule.times ?? Number.POSITIVE_INFINITY))
        continue;
      if (rule.probability !== undefined && this.#random() >= rule.probability) continue;
      state.fired += 1;
      return rule.fault;
    }
    return undefined;
  }
}

function matches(rule: FaultRule, request: FaultRequest): boolean {
  const operations: readonly Operation[] | undefined =
    typeof rule.operation === "string" ? [rule.operation] : rule.operation;
  if (operations !== undefined && !operations.includes(request.operation)) return false;
  if (rule.bucket !== undefined && rule.bucket !== request.bucket) return false;
  if (rule.key !== undefined && rule.key !== request.key) return false;
  if (rule.accessKeyId !== undefined && rule.accessKeyId !== request.accessKeyId) return false;
  const name = request.key === "" ? (request.query.get("prefix") ?? "") : request.key;
  return rule.prefix === undefined || name.startsWith(rule.prefix);
}
