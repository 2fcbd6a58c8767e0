// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { testDirectory, waitFor } from "@repo/testkit";
import { attemptStateName } from "../../src/cli/text/names.ts";
import { AttemptState } from "../../src/gen/job/v1/job_pb.ts";
import { startAirunner } from "../support/airunner.ts";
import { applyFault, findJobProcesses, laneOf, type Parties } from "./apply-fault.ts";
import { Audience } from "./audience.ts";
import { checkLogs, checkRun, checkScripted } from "./check-attempt.ts";
import { checkJob } from "./check-job.ts";
import { checkExitCode, checkReader } from "./check-readers.ts";
import { feed, unendedJobs } from "./feeder.ts";
import { writeJobScript } from "./job.ts";
import { tryOldToken } from "./old-tokens.ts";
import { createPlace, type Place } from "./place.ts";
import { type PlannedFault, planFaults } from "./plan.ts";
import { Publisher } from "./publisher.ts";
import { createRandom } from "./random.ts";
import { checkServer, openFiles, watchServer } from "./server-health.ts";
import { readTruth, type Truth } from "./truth.ts";
import { CampaignWorker } from "./worker.ts";

export interface CampaignOptions {
  readonly seed: number;
  readonly faults: number;
  readonly meanGapMs: number;
  /** Jobs at the same time of each worker; one number a worker. */
  readonly concurrency: readonly number[];
  readonly leaseSeconds: number;
  readonly openJobs: number;
  /** Told what goes on, a line at a time. */
  readonly onProgress?: (line: string) => void;
}

/** Figures of a campaign, and what it found broken. */
export interface CampaignReport {
  readonly faults: ReadonlyMap<string, number>;
  readonly jobs: number;
  readonly scriptedJobs: number;
  readonly attempts: ReadonlyMap<string, number>;
  readonly events: number;
  readonly outputBytes: number;
  readonly readers: number;
  readonly monitors: number;
  /** Times that a reader lost the server and went on where it was. */
  readonly resumes: number;
  /** Calls with the token of an attempt that was over; each was refused. */
  readonly refusedCalls: number;
  readonly serverPeakBytes: number;
  /** [] where every promise was kept. */
  readonly violations: readonly string[];
}

/** For all jobs to end once everything is whole again: the lost lease of a long job, and its repetition. */
const endLimitMs = 120_000;

/** Plays one campaign against the built programs: the same seed plans the same jobs and faults. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  await using stack = new AsyncDisposableStack();
  const { path: folder } = stack.use(await testDirectory("campaign"));
  const server = stack.use(await startAirunner());
  const place = stack.use(await createPlace(server, folder));
  await writeJobScript(folder);
  await place.control.jobs.queueStats({});
  const filesAtStart = await openFiles(server);
  const { violations } = place.facts;
  watchServer(server, violations);
  const say = options.onProgress ?? (() => undefined);

  const faults = new Map<string, number>();
  const { audience, truths } = await (async () => {
    await using cast = new AsyncDisposableStack();
    const parties = await assemble(place, options, cast);
    const feeding = new AbortController();
    const fed = feed({ ...options, place, audience: parties.audience, signal: feeding.signal }).catch(
      (error: unknown) => violations.push(`The campaign could not submit its jobs: ${String(error)}`),
    );
    await playFaults(planFaults(options), parties, { faults, say });
    feeding.abort();
    await fed;
    say("everything is whole again");
    heal(parties);
    await settle(place, parties);
    say("all jobs have ended");
    const truths = await conclude(place, say);
    say("everything was read");
    return { audience: parties.audience, truths };
  })();

  for (const truth of truths.values()) violations.push(...checkTruth(truth, place));
  for (const transcript of audience.transcripts) {
    const truth = truths.get(transcript.jobId);
    if (truth !== undefined) violations.push(...checkReader(transcript, truth));
  }
  for (const { transcript, exit } of audience.endedMonitors) {
    const truth = truths.get(transcript.jobId);
    if (truth !== undefined) violations.push(...checkExitCode(truth, transcript.reader, exit.code));
  }
  violations.push(...(await checkServer(server, filesAtStart)));
  return report({ place, audience, truths: [...truths.values()], faults });
}

type Cast = Parties & { readonly audience: Audience; readonly publishers: readonly Publisher[] };

async function assemble(place: Place, options: CampaignOptions, cast: AsyncDisposableStack): Promise<Cast> {
  const { seed, concurrency, leaseSeconds } = options;
  const audience = cast.use(await Audience.open(place, createRandom(seed + 1)));
  const publishers = [0, 1].map(async (index) =>
    cast.use(
      await Publisher.start({
        place,
        name: `publisher ${index}`,
        leaseSeconds,
        random: createRandom(seed + 2 + index),
      }),
    ),
  );
  const workers = concurrency.map(async (jobs, index) =>
    cast.use(await CampaignWorker.start({ place, name: `worker ${index}`, concurrency: jobs, leaseSeconds })),
  );
  return {
    place,
    audience,
    publishers: await Promise.all(publishers),
    workers: await Promise.all(workers),
    readerProxies: audience.readerProxies,
    monitorProxies: audience.monitorProxies,
    monitors: () => audience.monitors,
  };
}

interface PlayContext {
  readonly faults: Map<string, number>;
  readonly say: (line: string) => void;
}

/** Each fault begins when it is due and those before it at the same party are over. */
async function playFaults(plan: readonly PlannedFault[], parties: Cast, context: PlayContext): Promise<void> {
  const lanes = new Map<string, Promise<void>>();
  for (const fault of plan) {
    await sleep(fault.waitMs);
    const lane = laneOf(fault, parties);
    const strike = async (): Promise<void> => {
      const name = `${fault.party}: ${fault.kind}`;
      context.say(`${lane}: ${fault.kind} (${fault.ms} ms)`);
      if (await applyFault(fault, parties)) context.faults.set(name, (context.faults.get(name) ?? 0) + 1);
    };
    const before = lanes.get(lane) ?? Promise.resolve();
    lanes.set(
      lane,
      before.then(strike).catch((error: unknown) => {
        parties.place.facts.violations.push(`${lane}: ${fault.kind} failed: ${String(error)}`);
      }),
    );
  }
  await Promise.all(lanes.values());
}

function heal({ workers, publishers, readerProxies, monitorProxies }: Cast): void {
  const all = [...workers, ...publishers].map(({ proxy }) => proxy);
  for (const proxy of [...all, ...readerProxies, ...monitorProxies]) proxy.setFaults();
}

/** Waits until all jobs have ended, all who watch have seen it, and nothing of the jobs is left. */
async function settle(place: Place, { workers, audience }: Cast): Promise<void> {
  const { violations } = place.facts;
  const within = async (what: string, condition: () => Promise<boolean>): Promise<void> => {
    await waitFor(condition, { deadlineMs: endLimitMs, everyMs: 250 }).catch(() =>
      violations.push(`It took more than ${endLimitMs} ms until ${what}.`),
    );
  };
  await within("all jobs had ended", async () => (await unendedJobs(place)).length === 0);
  let isSeen = false;
  void audience.finish().then(() => (isSeen = true));
  await within("all readers had come to the end", async () => isSeen);
  await within(
    "all spools were handed in",
    async () => (await Promise.all(workers.map((worker) => worker.spools()))).flat().length === 0,
  );
  await within(
    "no process of a job was left",
    async () => (await findJobProcesses(place.folder)).length === 0,
  );
  await Promise.all(workers.map((worker) => worker.stop()));
}

/** Tries the tokens of attempts that are over, and then reads everything there is to know. */
async function conclude(place: Place, say: (line: string) => void): Promise<ReadonlyMap<string, Truth>> {
  const { facts, control } = place;
  for (const token of facts.oldTokens) {
    const { job, attempts } = await control.jobs.getJob({ jobId: token.jobId });
    const state = attempts.find(({ number }) => number === token.attempt)?.state;
    // A result that is told again is taken for the repetition that it may be.
    if (state === AttemptState.LOST || state === AttemptState.RELEASED)
      await tryOldToken(place, job?.queue ?? "", token);
  }
  say(`${facts.refusedCalls} calls with old tokens were refused`);
  const truths = new Map<string, Truth>();
  for (const jobId of [...facts.jobs.keys(), ...facts.scripted])
    truths.set(jobId, await readTruth(place, jobId));
  return truths;
}

function checkTruth(truth: Truth, { facts }: Place): string[] {
  const { jobId } = truth.job;
  const plan = facts.jobs.get(jobId);
  const rules = { maxAttempts: plan?.maxAttempts, isCancelAsked: facts.cancelled.has(jobId) };
  return [
    ...checkJob(truth, rules),
    ...checkLogs(truth, facts),
    ...(plan === undefined ? checkScripted(truth, facts) : checkRun(truth, plan, facts)),
  ];
}

interface Outcome {
  readonly place: Place;
  readonly audience: Audience;
  readonly truths: readonly Truth[];
  readonly faults: ReadonlyMap<string, number>;
}

function report({ place, audience, truths, faults }: Outcome): CampaignReport {
  const { facts, server } = place;
  const attempts = new Map<string, number>();
  for (const { state } of truths.flatMap((truth) => truth.attempts))
    attempts.set(attemptStateName(state), (attempts.get(attemptStateName(state)) ?? 0) + 1);
  const logs = truths.flatMap((truth) => [...truth.logs.values()]);
  const isMonitor = audience.transcripts.filter(({ reader }) => reader.startsWith("monitor"));
  return {
    faults,
    jobs: facts.jobs.size,
    scriptedJobs: facts.scripted.size,
    attempts,
    events: logs.reduce((sum, { items }) => sum + items.length, 0),
    outputBytes: logs.reduce((sum, { output }) => sum + output.length, 0),
    readers: audience.transcripts.length - isMonitor.length,
    monitors: isMonitor.length,
    resumes: audience.resumes,
    refusedCalls: facts.refusedCalls,
    serverPeakBytes: server.process.peakMemoryBytes,
    violations: [...new Set(facts.violations)],
  };
}
