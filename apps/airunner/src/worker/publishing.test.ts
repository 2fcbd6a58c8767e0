// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { readdir, stat, truncate } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { create, fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { createVirtualClock, type VirtualClock } from "@repo/http-retry/testing";
import { testDirectory } from "@repo/testkit";
import fc from "fast-check";
import { describe, test } from "vitest";
import {
  ErrorInfoSchema,
  type JobEvent,
  JobEventSchema,
  ProcessErrorEventSchema,
} from "../gen/job/v1/job_pb.ts";
import { resolveBatching } from "./batching-limits.ts";
import type { CallContext } from "./call-retry.ts";
import { EventRecorder } from "./event-recorder.ts";
import type { Appended, JobServer } from "./job-server.ts";
import { Publisher } from "./publisher.ts";
import { recoverSpools } from "./recover-spools.ts";
import type { SpoolHeader } from "./spool/header.ts";
import { SpoolFolder } from "./spool/spool-folder.ts";
import type { WorkerServices } from "./worker-services.ts";

/** `forget`: answers well, and has stored nothing. */
type Fault = "none" | "before" | "after" | "throttle" | "forget";

const noLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

const header: SpoolHeader = {
  version: 1,
  jobId: "job",
  attempt: 1,
  queue: "q",
  server: "test",
  taskToken: "token",
  createdAtMs: 0,
};

/** The log of one attempt as a server keeps it: skips what it has, refuses gaps; fails where a script says so. */
class ScriptedLog implements Pick<JobServer, "append" | "complete" | "release"> {
  readonly events: JobEvent[] = [];
  lastSequence = 0;
  isReleased = false;
  calls = 0;
  readonly #faults: Iterator<Fault>;

  constructor(faults: readonly Fault[]) {
    this.#faults = faults[Symbol.iterator]();
  }

  async append(_token: string, serialised: readonly Uint8Array[]): Promise<Appended> {
    this.calls += 1;
    const next = this.#faults.next();
    const fault = next.done === true ? "none" : next.value;
    await setImmediate();
    if (fault === "before") throw new ConnectError("reset", Code.Unavailable);
    if (fault === "throttle") throw new ConnectError("busy", Code.ResourceExhausted);
    if (fault === "forget") return { lastSequence: this.lastSequence, cancelReason: undefined };
    for (const bytes of serialised) this.#take(fromBinary(JobEventSchema, bytes));
    if (fault === "after") throw new ConnectError("reset after it was done", Code.Internal);
    return { lastSequence: this.lastSequence, cancelReason: undefined };
  }

  #take(event: JobEvent): void {
    const [start, end] = rangeOf(event);
    if (end <= this.lastSequence) return;
    if (start !== this.lastSequence + 1) {
      throw new ConnectError("gap", Code.InvalidArgument, undefined, [
        { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { code: "sequence_gap" }) },
      ]);
    }
    this.events.push(event);
    this.lastSequence = end;
  }

  async complete(): Promise<void> {}

  async release(): Promise<void> {
    this.isReleased = true;
  }

  output(): string {
    const items = this.events.flatMap(({ eventData }) =>
      eventData.case === "outputBatch" ? eventData.value.outputs : [],
    );
    return Buffer.concat(items.map(({ output }) => output)).toString("latin1");
  }
}

function rangeOf({ sequence, eventData }: JobEvent): readonly [number, number] {
  const start = Number(sequence);
  return [start, eventData.case === "outputBatch" ? Number(eventData.value.endSequence) : start];
}

function openFolder(path: string, clock: VirtualClock): Promise<SpoolFolder> {
  return SpoolFolder.open({ path, clock, onStall: () => undefined });
}

/** Lets files and timers go on until `isDone`. */
async function until(clock: VirtualClock, isDone: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!isDone()) {
    if (performance.now() > deadline) throw new Error("the publisher did not come to an end");
    await setImmediate();
    clock.advance(50);
  }
}

type Step =
  | { readonly kind: "write"; readonly size: number; readonly isError: boolean }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "event" }
  | { readonly kind: "turn" };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("write" as const),
        size: fc.oneof(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 3000 })),
        isError: fc.boolean(),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.nat(400) }) },
    { weight: 1, arbitrary: fc.constant({ kind: "event" as const }) },
    { weight: 3, arbitrary: fc.constant({ kind: "turn" as const }) },
  ),
  { minLength: 1, maxLength: 40 },
);

const faults: fc.Arbitrary<Fault[]> = fc.array(
  fc.constantFrom("none", "before", "after", "throttle", "forget"),
  {
    maxLength: 15,
  },
);

interface Run {
  readonly clock: VirtualClock;
  readonly log: ScriptedLog;
  readonly folder: SpoolFolder;
  readonly steps: readonly Step[];
}

/** A worker's way from a process's output to the log, with small bounds so that every path is taken. */
async function startRun({ clock, log, folder, steps: todo }: Run) {
  const spool = await folder.create(header);
  const stop = new AbortController();
  const context: CallContext = { clock, random: () => 0.3, onRetry: () => undefined };
  const publisher = new Publisher({
    server: log,
    taskToken: "token",
    spool,
    context,
    onAnswer: () => undefined,
  });
  const recorder = new EventRecorder({
    limits: { ...resolveBatching(undefined), maxItems: 4, maxBytes: 4000, maxItemBytes: 1000 },
    spool,
    clock,
    isBusy: () => publisher.isBusy,
    maxBacklogBytes: 20_000,
  });
  const publishing = publisher.run(stop.signal).catch((error: unknown) => error);
  let written = "";
  for (const step of todo) {
    if (step.kind === "turn") await setImmediate();
    else if (step.kind === "advance") clock.advance(step.ms);
    else if (step.kind === "event")
      recorder.event({ case: "processError", value: create(ProcessErrorEventSchema, { errorMessage: "x" }) });
    else {
      const bytes = randomBytes(step.size);
      written += bytes.toString("latin1");
      let isFree = false;
      const room = recorder.output({ bytes, stream: step.isError ? "stderr" : "stdout", atMs: clock.date() });
      if (room !== undefined) {
        void room.then(() => void (isFree = true));
        await until(clock, () => isFree);
      }
    }
  }
  return { spool, stop, publisher, recorder, publishing, written };
}

describe("any output, any failures of the server", () => {
  test("the log is the output byte for byte, its numbers dense", async ({ expect }) => {
    await using directory = await testDirectory("spool");
    await fc.assert(
      fc.asyncProperty(steps, faults, async (todo, script) => {
        const clock = createVirtualClock();
        const log = new ScriptedLog(script);
        await using folder = await openFolder(directory.path, clock);
        const run = await startRun({ clock, log, folder, steps: todo });
        run.recorder.flush();
        await until(clock, () => run.publisher.acknowledged >= run.recorder.lastSequence);
        run.stop.abort(new Error("over"));
        await run.publishing;
        expect(log.output()).toBe(run.written);
        expect(log.lastSequence).toBe(run.recorder.lastSequence);
        await run.spool.remove();
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test("and after a kill at any moment: another worker hands in the rest, dense, to the last byte on the disk", async ({
    expect,
  }) => {
    await using directory = await testDirectory("spool");
    await using workspace = await testDirectory("workspace");
    await fc.assert(
      fc.asyncProperty(steps, faults, fc.nat(40), async (todo, script, torn) => {
        const clock = createVirtualClock();
        const log = new ScriptedLog(script);
        const folder = await openFolder(directory.path, clock);
        const run = await startRun({ clock, log, folder, steps: todo });
        await run.spool.flush();
        const spooled = run.recorder.lastSequence;
        run.stop.abort(new Error("killed"));
        await run.publishing;
        await run.spool.close();
        await folder[Symbol.asyncDispose]();
        const isTorn = torn > 0 && log.lastSequence < spooled;
        if (isTorn) await tear(run.spool.path, torn, run.spool.start);

        await using next = await openFolder(directory.path, clock);
        let isOver = false;
        const services = servicesOf({ clock, log, folder: next, workspace: workspace.path });
        const recovering = recoverSpools(services, new AbortController().signal).then(
          () => void (isOver = true),
        );
        await until(clock, () => isOver);
        await recovering;
        const output = log.output();
        expect(run.written.startsWith(output)).toBe(true);
        if (!isTorn) expect(log.lastSequence).toBe(spooled + 1);
        expect(log.events.at(-1)?.eventData.case).toBe("processError");
        expect(log.isReleased).toBe(true);
        const left = (await readdir(directory.path)).filter((name) => name.includes(".spool"));
        expect(left).toEqual([]);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

/** Cuts bytes off the end, as a full disk or a lost machine would; the header stays. */
async function tear(path: string, bytes: number, headerBytes: number): Promise<void> {
  const { size } = await stat(path);
  await truncate(path, Math.max(size - bytes, headerBytes));
}

interface ServiceParts {
  readonly clock: VirtualClock;
  readonly log: ScriptedLog;
  readonly folder: SpoolFolder;
  readonly workspace: string;
}

function servicesOf({ clock, log, folder, workspace }: ServiceParts): WorkerServices {
  const never = (): never => {
    throw new Error("a recovery does not call this");
  };
  return {
    server: {
      address: "test",
      dequeue: never,
      extend: never,
      append: (token, events) => log.append(token, events),
      poll: never,
      complete: () => log.complete(),
      release: () => log.release(),
    },
    folder,
    log: noLog,
    clock,
    random: () => 0.3,
    guard: undefined,
    settings: {
      leaseSeconds: 300,
      workspace,
      env: {},
      envAllow: [],
      killGraceMs: 0,
      outputGraceMs: 0,
      allowFileRepositories: false,
    },
  };
}
