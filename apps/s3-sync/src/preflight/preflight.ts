// SPDX-License-Identifier: Apache-2.0
import type { LookupFunction } from "node:net";
import type { Environment } from "@repo/http-retry";
import type { Side } from "../side.ts";
import type { ProbeContext } from "./ask.ts";
import { createBucket } from "./create-bucket.ts";
import { silent } from "./network-faults.ts";
import { type Finding, PreflightError, ProbeFailure } from "./preflight-error.ts";
import { probeBucket } from "./probe.ts";
import { checkReadable, checkWritable } from "./rights.ts";
import { notFound } from "./s3-faults.ts";
import { mayBeSamePlace, showsSameObjects } from "./same-place.ts";
import { describeSide } from "./side-words.ts";
import { createSignedClient, type SignedClient } from "./signed-client.ts";

/** What is known of a side before rclone starts. */
export interface SideReport {
  /**
   * No object under the prefix, folder markers of the prefix itself aside. A first look only: a listing can lie, and
   * nothing may be deleted on the strength of this alone.
   */
  readonly isEmpty: boolean;
  /** Sentences. */
  readonly warnings: readonly string[];
}

export interface PreflightOptions {
  readonly source: Side;
  readonly destination: Side;
  /** Nothing is created or written then. */
  readonly isDryRun: boolean;
  /** Creates a destination bucket that does not exist; in a dry run it is reported as empty. */
  readonly createDestinationBucket: boolean;
  /** PEM. */
  readonly caCert?: string | undefined;
  readonly insecureSkipVerify: boolean;
  /** For everything, milliseconds; default 10 000. */
  readonly timeoutMs?: number;
  /** Where proxies are looked up; default: none. */
  readonly env?: Environment;
  /** Resolves names; default the system's resolver. */
  readonly lookup?: LookupFunction;
  readonly signal: AbortSignal;
}

/**
 * Asks both sides at the same time, with signed requests, whether the job can work: reach, clock, keys, region, bucket,
 * the right to list and, at the destination, to write; and whether two endpoints are two places.
 *
 * `isSamePlace`: the endpoints differ by name and show the same objects.
 *
 * @throws {PreflightError} for the side that cannot be used
 * @throws the reason of `signal` when it aborts
 */
export async function preflight(
  options: PreflightOptions,
): Promise<{ source: SideReport; destination: SideReport; isSamePlace: boolean }> {
  const { signal, timeoutMs = 10_000 } = options;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  const stop = (): void => deadline.abort();
  signal.addEventListener("abort", stop, { once: true });
  try {
    signal.throwIfAborted();
    const check = (side: Side) => checkSide(side, { ...options, timeoutMs, signal: deadline.signal });
    const [source, destination] = await Promise.all([check(options.source), check(options.destination)]);
    signal.throwIfAborted();
    if (source instanceof PreflightError || destination instanceof PreflightError)
      throw worst(source, destination);
    const isSamePlace =
      !source.isEmpty &&
      mayBeSamePlace(options.source, options.destination) &&
      (await compareSides({ ...options, timeoutMs, signal: deadline.signal }));
    signal.throwIfAborted();
    return { source, destination, isSamePlace };
  } finally {
    clearTimeout(timer);
    // Ends the other side's requests when one met a mistake of ours.
    stop();
    signal.removeEventListener("abort", stop);
  }
}

type ResolvedOptions = PreflightOptions & { readonly timeoutMs: number };

/** The report, or the error as a value, so that both sides come to their end. */
async function checkSide(side: Side, options: ResolvedOptions): Promise<SideReport | PreflightError> {
  try {
    await using client = openClient(side, options);
    const report = await inspect({ side, client, signal: options.signal }, options);
    return { ...report, warnings: [...transportWarnings(side, options), ...report.warnings] };
  } catch (error) {
    if (error instanceof ProbeFailure) return toError(side, error.finding, error);
    throw error;
  }
}

/** Looks through both endpoints at what the sides share. @throws {PreflightError} */
async function compareSides(options: ResolvedOptions): Promise<boolean> {
  const { source, destination, signal } = options;
  try {
    await using left = openClient(source, options);
    await using right = openClient(destination, options);
    return await showsSameObjects(
      { side: source, client: left, signal },
      { side: destination, client: right, signal },
    );
  } catch (error) {
    const text = "could not be compared with the destination's of the same name: run again";
    const finding = error instanceof ProbeFailure ? error.finding : undefined;
    if (finding === undefined && !signal.aborted) throw error;
    const failureClass = finding?.failureClass ?? "temporary";
    throw toError(source, { failureClass, code: finding?.code, text: finding?.text ?? text }, error);
  }
}

/** @throws {ProbeFailure} for a proxy variable, a CA or a host name that cannot be used */
function openClient(side: Side, options: ResolvedOptions): SignedClient {
  try {
    return createSignedClient(side, options);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const text = `cannot be asked: ${error.message.replace(/\.$/, "")}`;
    throw new ProbeFailure({ failureClass: "config", text }, { cause: error });
  }
}

async function inspect(context: ProbeContext, options: ResolvedOptions): Promise<SideReport> {
  const { side, signal } = context;
  try {
    const probe = await probeBucket(context);
    if (probe.isMissing) return await missing(context, options);
    const rights = await (side.role === "source"
      ? checkReadable(context, probe.firstKey)
      : checkWritable(context, options.isDryRun));
    return { isEmpty: probe.isEmpty, warnings: [...probe.warnings, ...rights] };
  } catch (error) {
    // What the deadline cuts off ends as an abort; to people that is the silence they must look into.
    if (signal.aborted && !isTimeout(error)) throw new ProbeFailure(silent(side), { cause: error });
    throw error;
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof ProbeFailure && error.finding.code === "timeout";
}

async function missing(
  context: ProbeContext,
  { isDryRun, createDestinationBucket }: ResolvedOptions,
): Promise<SideReport> {
  const { side } = context;
  if (side.role === "source" || !createDestinationBucket) throw new ProbeFailure(notFound(side));
  if (isDryRun)
    return { isEmpty: true, warnings: [`${describeSide(side)} does not exist yet; a real run creates it.`] };
  await createBucket(context);
  return { isEmpty: true, warnings: [`${describeSide(side)} did not exist and was created.`] };
}

function transportWarnings(side: Side, { insecureSkipVerify }: ResolvedOptions): string[] {
  if (side.endpoint.protocol === "http:") {
    return [
      `${describeSide(side)} is reached by plain http: keys are signed, but names and contents can be read and changed on the way.`,
    ];
  }
  if (!insecureSkipVerify) return [];
  return [
    `${describeSide(side)}: INSECURE_SKIP_VERIFY=true accepts any certificate, so anybody between can read and change what is sent.`,
  ];
}

function toError(side: Side, finding: Finding, cause: unknown): PreflightError {
  return new PreflightError(`${describeSide(side)} ${finding.text}.`, side.role, finding, { cause });
}

/** One error for both sides: what will not mend itself goes first, the other side's sentence follows. */
function worst(
  source: SideReport | PreflightError,
  destination: SideReport | PreflightError,
): PreflightError {
  const errors = [source, destination].filter((side) => side instanceof PreflightError);
  const [first, second] = errors.sort(
    (a, b) => Number(a.failureClass === "temporary") - Number(b.failureClass === "temporary"),
  );
  if (first === undefined) throw new TypeError("There is no failed side");
  if (second === undefined) return first;
  const finding = { failureClass: first.failureClass, code: first.s3Code, text: "" };
  return new PreflightError(`${first.message} ${second.message}`, first.side, finding, { cause: first });
}
