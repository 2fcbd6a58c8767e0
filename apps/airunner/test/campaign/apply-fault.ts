// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault, FaultProxy } from "@repo/testkit/fault-proxy";
import { attemptKey } from "./facts.ts";
import { folderVariable } from "./job.ts";
import type { Monitor } from "./monitor.ts";
import type { Place } from "./place.ts";
import type { PlannedFault } from "./plan.ts";
import type { CampaignWorker } from "./worker.ts";

/** A guard is started again within a second. */
const newGuardMs = 3000;

/** Whom faults can strike. */
export interface Parties {
  readonly place: Place;
  readonly workers: readonly CampaignWorker[];
  readonly publishers: readonly { readonly proxy: FaultProxy }[];
  readonly readerProxies: readonly FaultProxy[];
  readonly monitorProxies: readonly FaultProxy[];
  /** Those that run now. */
  monitors(): readonly Monitor[];
}

/** Faults with the same lane come one after the other. */
export function laneOf({ party, index }: PlannedFault, parties: Parties): string {
  const counts = {
    worker: parties.workers.length,
    publisher: parties.publishers.length,
    reader: parties.readerProxies.length,
    monitor: parties.monitorProxies.length,
    server: 1,
  };
  return `${party} ${index % counts[party]}`;
}

/** Carries a fault out to its end. @returns false where there was nothing to strike */
export async function applyFault(fault: PlannedFault, parties: Parties): Promise<boolean> {
  const worker = fault.party === "worker" ? at(parties.workers, fault.index) : undefined;
  switch (fault.kind) {
    case "kill":
      await worker?.kill(fault.ms);
      return true;
    case "kill in the dark":
      // What it does meanwhile is on its disk alone when it dies.
      worker?.proxy.setFaults({ kind: "blackhole" });
      await sleep(fault.ms);
      await worker?.kill(0, () => {
        worker.proxy.resetAll();
        worker.proxy.setFaults();
      });
      return true;
    case "terminate":
      await worker?.restart(fault.ms);
      return true;
    case "short freeze":
    case "long freeze":
      await worker?.freeze(fault.ms);
      return true;
    case "kill the job's process":
      return await killJobProcess(parties.place, fault.index);
    case "kill the guard":
      if (!(await killGuard(worker?.pid))) return false;
      // A worker that is killed before it has its next guard would leave its jobs behind: two faults, not one.
      await sleep(newGuardMs);
      return true;
    case "kill the monitor": {
      const monitor = parties.monitors().at(0);
      monitor?.kill();
      return monitor !== undefined;
    }
    case "freeze the server":
      parties.place.server.process.kill("SIGSTOP");
      await sleep(fault.ms);
      parties.place.server.process.kill("SIGCONT");
      return true;
    default:
      await applyToNetwork(fault, proxyOf(fault, parties));
      return true;
  }
}

function proxyOf({ party, index }: PlannedFault, parties: Parties): FaultProxy {
  if (party === "worker") return at(parties.workers, index).proxy;
  if (party === "publisher") return at(parties.publishers, index).proxy;
  return at(party === "reader" ? parties.readerProxies : parties.monitorProxies, index);
}

async function applyToNetwork(fault: PlannedFault, proxy: FaultProxy): Promise<void> {
  const { kind, direction, afterBytes, ms } = fault;
  const open = proxy.connections.filter(({ isOpen }) => isOpen);
  const strike = (...faults: readonly Fault[]): void => {
    for (const connection of open) connection.setFaults(...faults);
  };
  const forAWhile = async (lasting: Fault): Promise<void> => {
    proxy.setFaults(lasting);
    await sleep(ms);
    proxy.setFaults();
  };
  switch (kind) {
    case "cut":
    case "reset":
      return strike({ kind });
    case "reset in the middle":
      return strike({ kind: "reset", direction, afterBytes });
    case "half-close":
      return strike({ kind, direction });
    case "silence":
      // As when a router forgets the connection: new ones are fine, this one never says anything again.
      return strike({ kind: "blackhole" });
    case "delay":
      return await forAWhile({ kind, ms: 150 });
    case "throttle":
      return await forAWhile({ kind, bytesPerSecond: 4000 + afterBytes });
    default:
      return await forAWhile({ kind: "blackhole" });
  }
}

/** Kills the process of an attempt that is between its beginning and its end. */
async function killJobProcess(place: Place, index: number): Promise<boolean> {
  const running: { readonly key: string; readonly pid: number }[] = [];
  for (const [jobId, { tag }] of place.facts.jobs) {
    const journal = await readFile(join(place.folder, `${tag}.journal`), "utf8").catch(() => "");
    const last = journal.trimEnd().split("\n").at(-1) ?? "";
    const [, attempt, pid] = /^begin (\d+) (\d+)$/.exec(last) ?? [];
    if (pid !== undefined && (await isOfCampaign(place.folder, Number(pid))))
      running.push({ key: attemptKey(jobId, Number(attempt)), pid: Number(pid) });
  }
  if (running.length === 0) return false;
  const { key, pid } = at(running, index);
  place.facts.killed.add(key);
  signal(pid);
  return true;
}

async function killGuard(worker: number | undefined): Promise<boolean> {
  if (worker === undefined) return false;
  const children = await readFile(`/proc/${worker}/task/${worker}/children`, "utf8").catch(() => "");
  for (const pid of children.trim().split(" ").map(Number)) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (!command.includes("airunner-guard")) continue;
    signal(pid);
    return true;
  }
  return false;
}

async function isOfCampaign(folder: string, pid: number): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
  return environment.includes(`${folderVariable}=${folder}\0`);
}

/** Process ids of whatever jobs of this campaign have left. */
export async function findJobProcesses(folder: string): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => ((await isOfCampaign(folder, pid)) ? [pid] : [])));
  return found.flat();
}

function signal(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended meanwhile.
  }
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new TypeError("There is nobody to strike.");
  return item;
}
