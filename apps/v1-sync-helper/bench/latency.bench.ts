// SPDX-License-Identifier: MIT
// `pnpm bench v1-sync-helper latency`: updates by services of several speeds, and what of the allowed is reached.
import { publish } from "./support/document.ts";
import { startInstance } from "./support/instance.ts";
import { type BenchOptions, readBenchOptions } from "./support/options.ts";
import { startPlatform } from "./support/platform.ts";
import { measureRounds, type Sample, target } from "./support/race.ts";
import { projectEntry } from "./support/records.ts";
import { runBareLoop } from "./support/run-bare-loop.ts";
import { checkRefusals, measureWave } from "./support/wave.ts";

interface Setting {
  readonly latencyMs: number;
  /** MAX_IN_FLIGHT. */
  readonly concurrency: number;
  /** Measured. */
  readonly objects: number;
}

const settings: readonly Setting[] = [
  { latencyMs: 0, concurrency: 100, objects: 4000 },
  { latencyMs: 20, concurrency: 100, objects: 4000 },
  { latencyMs: 20, concurrency: 20, objects: 4000 },
  { latencyMs: 100, concurrency: 100, objects: 4000 },
  { latencyMs: 500, concurrency: 100, objects: 1000 },
];

/** Calls of an update, one after the other. */
const calls = 2;
/** Until the limit of calls at once has grown to the highest, with services that answer at once. */
const warmUp = 4000;
const most = Math.max(...settings.map(({ objects }) => objects));
/** Records at the front of a wave that only fill the places. */
const lead = 200;

const title = "Projects updated";
const rateGroup = `${title}: rate, objects/s`;
const shareGroup = `${title}: of what so many at once allow, %`;
const costGroup = `${title}: the program, CPU µs/object`;

function nameOf({ latencyMs, concurrency }: Setting): string {
  return `${latencyMs} ms, ${concurrency} at once`;
}

function samplesOf(
  name: string,
  { latencyMs, concurrency }: Setting,
  perSecond: number,
  cpu: number,
): Sample[] {
  const allowed = (concurrency * 1000) / (calls * latencyMs);
  return [
    { group: rateGroup, name, value: perSecond },
    ...(latencyMs === 0 ? [] : [{ group: shareGroup, name, value: (100 * perSecond) / allowed }]),
    { group: costGroup, name, value: cpu },
  ];
}

async function measureProgram(setting: Setting, label: string, command?: string): Promise<Sample[]> {
  await using platform = await startPlatform();
  const env = { MAX_IN_FLIGHT: String(setting.concurrency) };
  await using instance = await startInstance(platform, { command, env });
  const wave = (text: string, size: number) => ({
    entries: Array.from({ length: size }, (_, n) => projectEntry(n, text)),
    warmUp: lead,
  });
  await measureWave(platform, [instance], wave("first", Math.max(warmUp, most + lead)));
  await measureWave(platform, [instance], wave("second", warmUp));
  await platform.standIns.setLatency(setting.latencyMs);
  const { perSecond, cpu } = await measureWave(platform, [instance], wave("third", setting.objects + lead));
  await checkRefusals(platform);
  await instance.stop();
  return samplesOf(label, setting, perSecond, cpu.instances);
}

async function measureBare(setting: Setting): Promise<Sample[]> {
  await using platform = await startPlatform();
  await platform.standIns.setLatency(setting.latencyMs);
  const { concurrency, objects } = setting;
  const sizes = { concurrency, warmUp: lead, objects, oneByOne: 0 };
  const { update } = await runBareLoop(platform, sizes);
  return samplesOf(`bare loop, ${nameOf(setting)}`, setting, update.perSecond, update.cpu.instances);
}

async function main({ rounds, against }: BenchOptions): Promise<void> {
  const measure = async (): Promise<readonly Sample[]> => {
    const samples: Sample[] = [];
    for (const setting of settings) {
      samples.push(...(await measureProgram(setting, nameOf(setting))));
      if (against !== undefined)
        samples.push(...(await measureProgram(setting, `the other, ${nameOf(setting)}`, against)));
      samples.push(...(await measureBare(setting)));
    }
    return samples;
  };
  const report = await measureRounds({
    name: "v1-sync-helper-latency",
    title: "v1-sync-helper: services of several speeds",
    rounds,
    measure,
    isMoreBetter: (group) => group !== costGroup,
    notes: [
      "What so many at once allow: their number by the time that GET and PUT take, one after the other, and nothing else. Where the machine's two cores are the limit, as at 0 ms and at 20 ms with 100 at once, the share is theirs: the same load with fewer at once says what the program itself loses.",
      "The services answer at once while the program warms up and its limit of calls at once grows; with slow services that takes longer, about 84 times the time of a call until there are 100.",
    ],
    targets: (median) =>
      settings
        .filter(({ latencyMs, concurrency }) => latencyMs > 0 && concurrency / latencyMs <= 1)
        .map((setting) =>
          target(`of what is allowed at ${nameOf(setting)}`, median(shareGroup, nameOf(setting)), {
            least: 85,
            unit: "%",
          }),
        ),
  });
  await publish(report);
}

const options = readBenchOptions(3);
if (options !== undefined) await main(options);
