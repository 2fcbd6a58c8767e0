// SPDX-License-Identifier: Apache-2.0
import {
  createSignedClient,
  type ProbeContext,
  ProbeFailure,
  type SignedClientOptions,
} from "../preflight/index.ts";
import type { Side } from "../side.ts";
import { type NameReport, unknownNames } from "./name-report.ts";
import { MAX_ODD_NAMES, NameTally } from "./name-tally.ts";
import { scanSide, sizeOf } from "./scan-side.ts";

/** Lookups at once when odd names are looked up one by one. */
const LOOKUPS = 16;

export interface NameScanOptions extends SignedClientOptions {
  readonly source: Side;
  readonly destination: Side;
  /** Spares its listing. */
  readonly destinationIsEmpty: boolean;
  /** Looks up the odd names that differ once the copying is done; without it they are reported as first seen. */
  readonly looksAgain: boolean;
  readonly signal: AbortSignal;
}

/** A look at all names of both sides that runs beside rclone. */
export interface NameScan extends AsyncDisposable {
  /** Waits for its end; call it when rclone is done. What cannot be known is said in the report. */
  report(): Promise<NameReport>;
}

/** Begins to list both sides. Dispose of it to end it early. */
export function startNameScan(options: NameScanOptions): NameScan {
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  options.signal.addEventListener("abort", onAbort, { once: true });
  if (options.signal.aborted) onAbort();
  const open = (side: Side): ProbeContext => ({
    side,
    client: createSignedClient(side, options),
    signal: stop.signal,
  });
  const source = open(options.source);
  const destination = open(options.destination);
  const tallies = Promise.all([
    scanSide(source),
    options.destinationIsEmpty ? new NameTally() : scanSide(destination),
  ]);
  // Awaited in `report`; a job that fails before does not care.
  tallies.catch(onAbort);

  return {
    report: () =>
      tellOrExcuse(stop.signal, () => compare({ source, destination }, tallies, options.looksAgain)),
    [Symbol.asyncDispose]: async () => {
      onAbort();
      options.signal.removeEventListener("abort", onAbort);
      await tallies.catch(() => undefined);
      await Promise.all([source, destination].map(({ client }) => client[Symbol.asyncDispose]()));
    },
  };
}

interface Contexts {
  readonly source: ProbeContext;
  readonly destination: ProbeContext;
}

async function tellOrExcuse(signal: AbortSignal, tell: () => Promise<NameReport>): Promise<NameReport> {
  try {
    return await tell();
  } catch (error) {
    if (error instanceof ProbeFailure) return unknownNames(error.finding.text);
    if (signal.aborted) return unknownNames("the job was stopped");
    throw error;
  }
}

async function compare(
  contexts: Contexts,
  tallies: Promise<[NameTally, NameTally]>,
  looksAgain: boolean,
): Promise<NameReport> {
  const [source, destination] = await tallies;
  const differing = [...new Set([...source.odd.keys(), ...destination.odd.keys()])].filter(
    (name) => source.odd.get(name) !== destination.odd.get(name),
  );
  const findings = looksAgain
    ? await lookAgain(contexts, differing)
    : differing.map((name) => ({ name, isAtSource: source.odd.has(name) }));
  const leftOut = findings.filter(({ isAtSource }) => isAtSource);
  const surplus = findings.filter(({ isAtSource }) => !isAtSource);
  return {
    problem:
      source.uncounted + destination.uncounted > 0
        ? `there are more than ${MAX_ODD_NAMES} with an empty, "." or ".." path segment`
        : undefined,
    sourceMarkers: { count: source.folderMarkers, sample: source.markerSample },
    fullMarkers: source.fullMarkers,
    destinationMarkers: { count: destination.folderMarkers, sample: destination.markerSample },
    leftOut: { count: leftOut.length, sample: leftOut[0]?.name },
    surplus: { count: surplus.length, sample: surplus[0]?.name },
  };
}

interface NameFinding {
  readonly name: string;
  readonly isAtSource: boolean;
}

/** The sides were listed while rclone worked: what differed then may be alike by now. */
async function lookAgain(
  { source, destination }: Contexts,
  names: readonly string[],
): Promise<NameFinding[]> {
  const findings: NameFinding[] = [];
  for (let index = 0; index < names.length; index += LOOKUPS) {
    const found = await Promise.all(
      names.slice(index, index + LOOKUPS).map(async (name) => {
        const [ours, theirs] = await Promise.all([sizeOf(source, name), sizeOf(destination, name)]);
        return ours === theirs ? [] : [{ name, isAtSource: ours !== undefined }];
      }),
    );
    findings.push(...found.flat());
  }
  return findings;
}
