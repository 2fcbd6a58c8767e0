// SPDX-License-Identifier: Apache-2.0

import { type FaultProxy, startFaultProxy } from "@repo/testkit/fault-proxy";
import type { Exit } from "@repo/testkit/process";
import { type Monitor, startMonitor } from "./monitor.ts";
import type { Place } from "./place.ts";
import type { Random } from "./random.ts";
import { type Reader, startReader } from "./reader.ts";
import type { Transcript } from "./transcript.ts";

/** A monitor that has ended by itself, for its exit code. */
export interface EndedMonitor {
  readonly transcript: Transcript;
  readonly exit: Exit;
}

const mostMonitors = 2;

/** All who watch: monitors, which are processes, and scripted readers, each over one of a few faulty ways. */
export class Audience implements AsyncDisposable {
  readonly readerProxies: readonly FaultProxy[];
  readonly monitorProxies: readonly FaultProxy[];
  readonly transcripts: Transcript[] = [];
  readonly endedMonitors: EndedMonitor[] = [];
  readonly #place: Place;
  readonly #random: Random;
  readonly #stop = new AbortController();
  readonly #readers: Reader[] = [];
  readonly #monitors = new Set<Monitor>();
  #lostMonitors = 0;
  #next = 0;

  private constructor(place: Place, random: Random, proxies: readonly FaultProxy[]) {
    this.#place = place;
    this.#random = random;
    this.readerProxies = proxies.slice(0, 2);
    this.monitorProxies = proxies.slice(2);
  }

  static async open(place: Place, random: Random): Promise<Audience> {
    const start = (): Promise<FaultProxy> => startFaultProxy({ target: place.server.server });
    return new Audience(place, random, await Promise.all([start(), start(), start(), start()]));
  }

  get monitors(): readonly Monitor[] {
    return [...this.#monitors];
  }

  /** Times that a reader or a monitor had lost the server and found back. */
  get resumes(): number {
    const ofMonitors = this.monitors.reduce((sum, { losses }) => sum + losses, this.#lostMonitors);
    return this.#readers.reduce((sum, { resumes }) => sum + resumes, ofMonitors);
  }

  /** Perhaps somebody watches this job, from some position on. */
  async attend(jobId: string): Promise<void> {
    const random = this.#random;
    if (random.chance(0.7)) this.#read(jobId);
    if (random.chance(0.4) && this.#monitors.size < mostMonitors) await this.#monitor(jobId);
  }

  /** Waits for all to come to their ends. */
  async finish(): Promise<void> {
    await Promise.all(this.#readers.map(({ done }) => done));
    await Promise.all(this.monitors.map(({ exited }) => exited));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("The campaign is over."));
    await Promise.all(this.#readers.map(({ done }) => done));
    await Promise.all(this.monitors.map((monitor) => monitor[Symbol.asyncDispose]()));
    await Promise.all(
      [...this.readerProxies, ...this.monitorProxies].map((proxy) => proxy[Symbol.asyncDispose]()),
    );
  }

  #read(jobId: string): void {
    const random = this.#random;
    const reader = startReader({
      place: this.#place,
      name: `reader ${this.#next++}`,
      address: random.pick(this.readerProxies).url,
      jobId,
      fromSequence: random.chance(0.6) ? 1 : random.int(1, 40),
      random,
      slowMs: random.chance(0.3) ? 400 : 0,
      signal: this.#stop.signal,
    });
    this.#readers.push(reader);
    this.transcripts.push(reader.transcript);
  }

  async #monitor(jobId: string): Promise<void> {
    const monitor = await startMonitor({
      place: this.#place,
      name: `monitor ${this.#next++}`,
      address: this.#random.pick(this.monitorProxies).url,
      jobId,
      fromSequence: this.#random.chance(0.7) ? 1 : this.#random.int(1, 20),
    });
    this.#monitors.add(monitor);
    this.transcripts.push(monitor.transcript);
    void monitor.exited.then((exit) => {
      this.#monitors.delete(monitor);
      this.#lostMonitors += monitor.losses;
      if (monitor.transcript.isComplete) this.endedMonitors.push({ transcript: monitor.transcript, exit });
    });
  }
}
