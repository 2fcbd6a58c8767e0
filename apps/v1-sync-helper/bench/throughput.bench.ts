// SPDX-License-Identifier: MIT
// `pnpm bench v1-sync-helper throughput`: creates and updates a second, and what each costs whom.
import { publish } from "./support/document.ts";
import { startInstance } from "./support/instance.ts";
import { type BenchOptions, readBenchOptions } from "./support/options.ts";
import { type Platform, startPlatform } from "./support/platform.ts";
import { measureRounds, type Sample, target } from "./support/race.ts";
import {
  committeeEntry,
  committeeId,
  type Entry,
  memberEntry,
  projectEntry,
  projectId,
} from "./support/records.ts";
import { runBareLoop } from "./support/run-bare-loop.ts";
import { checkRefusals, measureWave, type Wave, waveSamples } from "./support/wave.ts";

const latencyMs = 20;
const concurrency = 100;
/** The limit of calls at once begins low and grows call by call: until then rates are not what they will be. */
const warmUp = 3000;
const objects = 6000;
const oneByOne = 200;
const committees = 50;

const titles = {
  createProjects: "Projects created",
  updateProjects: "Projects updated",
  createMembers: "Members created",
  updateMembers: "Members updated",
} as const;

function wave(make: (n: number) => Entry): Wave {
  return { entries: Array.from({ length: warmUp + objects }, (_, n) => make(n)), warmUp };
}

/** Four waves through one instance, which stays. */
async function measureProgram(name: string, command: string | undefined): Promise<Sample[]> {
  await using platform = await startPlatform();
  const { standIns } = platform;
  await standIns.setLatency(latencyMs);
  await using instance = await startInstance(platform, { command });
  const samples: Sample[] = [];
  const run = async (title: string, each: (n: number) => Entry): Promise<void> => {
    const figures = await measureWave(platform, [instance], wave(each));
    samples.push(...waveSamples(title, name, figures), {
      group: `${title}: places in use, %`,
      name,
      value: (figures.perSecond * figures.latencyMs) / 1000 / (concurrency / 100),
    });
  };
  await run(titles.createProjects, (n) => projectEntry(n, "first"));
  await run(titles.updateProjects, (n) => projectEntry(n, "second"));
  await makeCommittees(platform);
  const member = (title: string) => (n: number) =>
    memberEntry(n, title, committeeId(n % committees), projectId(0));
  await run(titles.createMembers, member("first"));
  await run(titles.updateMembers, member("second"));
  await checkRefusals(platform);
  await expectCount(standIns.count("project", "description", "second"));
  await expectCount(standIns.count("committee-member", "job_title", "second"));
  await instance.stop();
  return samples;
}

async function makeCommittees({ put, standIns }: Platform): Promise<void> {
  const before = await standIns.writes();
  await put(Array.from({ length: committees }, (_, n) => committeeEntry(n, "first", projectId(0))));
  await standIns.untilWrites(before + committees);
}

async function expectCount(found: Promise<number>): Promise<void> {
  const count = await found;
  if (count !== warmUp + objects) throw new Error(`${count} objects of v2 say what v1 says`);
}

async function measureYardsticks(): Promise<Sample[]> {
  await using platform = await startPlatform();
  await platform.standIns.setLatency(latencyMs);
  const bare = await runBareLoop(platform, { concurrency, warmUp, objects, oneByOne });
  await checkRefusals(platform);
  return [
    ...waveSamples(titles.createProjects, `bare loop, ${concurrency} at once`, bare.create),
    ...waveSamples(titles.updateProjects, `bare loop, ${concurrency} at once`, bare.update),
    ...waveSamples(titles.updateProjects, "bare loop, one at a time", bare["update one by one"]),
  ];
}

async function main({ rounds, against }: BenchOptions): Promise<void> {
  const ours = "v1-sync-helper";
  const report = await measureRounds({
    name: "v1-sync-helper-throughput",
    title: `v1-sync-helper: objects a second (services that answer in ${latencyMs} ms)`,
    rounds,
    measure: async () => [
      ...(await measureProgram(ours, undefined)),
      ...(against === undefined ? [] : await measureProgram("the other", against)),
      ...(await measureYardsticks()),
    ],
    isMoreBetter: (group) => group.endsWith("/s") || group.endsWith("%"),
    notes: [
      `One instance with its defaults (${concurrency} objects at once). nats-server, the services and the instance share two cores, so a rate says what the machine could do at that moment; processor time per object is the steadier figure.`,
      "The bare loop does with undici the HTTP calls that cannot be done without (POST; GET and PUT), and nothing else: no order, no state, no record of what was done. One at a time is how the Go program works, which does a few more things for each object.",
      `${objects.toLocaleString("en-US")} objects are measured after ${warmUp.toLocaleString("en-US")} others; all are checked at the end. Places in use: rate times mean time of an attempt, of ${concurrency}.`,
    ],
    targets: (median) => [
      target("updates of projects", median(`${titles.updateProjects}: rate, objects/s`, ours), {
        least: 1000,
        unit: "objects/s",
      }),
      target("creates of projects", median(`${titles.createProjects}: rate, objects/s`, ours), {
        least: 500,
        unit: "objects/s",
      }),
      target("places in use, updates", median(`${titles.updateProjects}: places in use, %`, ours), {
        least: 85,
        unit: "%",
      }),
      target("places in use, creates", median(`${titles.createProjects}: places in use, %`, ours), {
        least: 85,
        unit: "%",
      }),
    ],
  });
  await publish(report);
}

const options = readBenchOptions(3);
if (options !== undefined) await main(options);
