// SPDX-License-Identifier: MIT
// `pnpm bench v1-sync-helper scaling`: one to three instances that share the work.
import { publish } from "./support/document.ts";
import { type Instance, startInstance } from "./support/instance.ts";
import { type BenchOptions, readBenchOptions } from "./support/options.ts";
import { startPlatform } from "./support/platform.ts";
import { measureRounds, type Sample } from "./support/race.ts";
import { projectEntry } from "./support/records.ts";
import { checkRefusals, measureWave, waveSamples } from "./support/wave.ts";

interface Load {
  readonly title: string;
  readonly latencyMs: number;
  /** Of each instance. */
  readonly concurrency: number;
}

/** The first is bound by what the instances may do at once, the second by the two cores. */
const loads: readonly Load[] = [
  { title: "Projects updated, 100 ms a call, 30 at once in each instance", latencyMs: 100, concurrency: 30 },
  { title: "Projects updated, 20 ms a call, 100 at once in each instance", latencyMs: 20, concurrency: 100 },
];

const counts = [1, 2, 3] as const;
const warmUp = 3000;
const lead = 600;
const objectsEach = 2000;

async function measureLoad(load: Load, count: number, label: string, command?: string): Promise<Sample[]> {
  await using stack = new AsyncDisposableStack();
  const platform = stack.use(await startPlatform());
  const instances: Instance[] = [];
  const env = { MAX_IN_FLIGHT: String(load.concurrency) };
  while (instances.length < count) instances.push(stack.use(await startInstance(platform, { command, env })));
  const size = count * objectsEach + lead;
  const wave = (text: string, length: number) => ({
    entries: Array.from({ length }, (_, n) => projectEntry(n, text)),
    warmUp: lead,
  });
  // The services answer at once meanwhile.
  await measureWave(platform, instances, wave("first", Math.max(size, count * warmUp)));
  await measureWave(platform, instances, wave("second", count * warmUp));
  await platform.standIns.setLatency(load.latencyMs);
  const figures = await measureWave(platform, instances, wave("third", size));
  await checkRefusals(platform);
  const found = await platform.standIns.count("project", "description", "third");
  if (found !== size) throw new Error(`${found} of ${size} projects say what v1 says`);
  for (const instance of instances) await instance.stop();
  return waveSamples(load.title, label, figures);
}

async function main({ rounds, against }: BenchOptions): Promise<void> {
  const measure = async (): Promise<readonly Sample[]> => {
    const samples: Sample[] = [];
    for (const load of loads) {
      for (const count of counts) {
        const name = count === 1 ? "1 instance" : `${count} instances`;
        samples.push(...(await measureLoad(load, count, name)));
        if (against !== undefined)
          samples.push(...(await measureLoad(load, count, `the other: ${name}`, against)));
      }
    }
    return samples;
  };
  const report = await measureRounds({
    name: "v1-sync-helper-scaling",
    title: "v1-sync-helper: from one to three instances",
    rounds,
    measure,
    isMoreBetter: (group) => group.endsWith("/s"),
    notes: [
      "All instances, nats-server and the services share two cores. Where the services are slow the rate grows with the instances; where the cores are the limit it cannot, and what grows is what sharing costs: every instance follows the state of all objects, to take over what another one leaves.",
      "Processor time of the program is that of all instances together.",
    ],
  });
  await publish(report);
}

const options = readBenchOptions(3);
if (options !== undefined) await main(options);
