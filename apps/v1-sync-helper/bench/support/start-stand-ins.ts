// SPDX-License-Identifier: MIT
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { ResourceKind } from "@repo/testkit/lfx-v2";
import type { Answered, Asked, Question, StandInAddresses, StandInOptions } from "./stand-in-messages.ts";

/** The stand-ins of v2 and v1, in a process of their own; it ends when this one does. */
export interface StandIns extends AsyncDisposable {
  readonly pid: number;
  readonly addresses: StandInAddresses;
  /** Milliseconds that every call to v2 takes from now on. */
  readonly setLatency: (ms: number) => Promise<void>;
  readonly writes: () => Promise<number>;
  /** Waits for so many writes since the start. @throws {Error} after `deadlineMs`, default five minutes */
  readonly untilWrites: (count: number, deadlineMs?: number) => Promise<void>;
  /** How many objects of v2 have this value in a field. */
  readonly count: (kind: ResourceKind, field: string, value: string) => Promise<number>;
  /** What was not answered with success so far; empty: all was. */
  readonly refused: () => Promise<string>;
}

export async function startStandIns(options: StandInOptions): Promise<StandIns> {
  const child = fork(join(import.meta.dirname, "stand-ins.ts"), [JSON.stringify(options)]);
  const waiting = new Map<number, PromiseWithResolvers<Answered["answer"]>>();
  let asked = 0;

  function expectAnswer(id: number): Promise<Answered["answer"]> {
    const answer = Promise.withResolvers<Answered["answer"]>();
    waiting.set(id, answer);
    return answer.promise;
  }

  child.on("message", ({ id, answer }: Answered) => {
    waiting.get(id)?.resolve(answer);
    waiting.delete(id);
  });
  child.on("exit", (code, signal) => {
    for (const each of waiting.values())
      each.reject(new Error(`the stand-ins ended with ${signal ?? `exit code ${code}`}`));
  });

  function ask(question: Question): Promise<Answered["answer"]> {
    const message: Asked = { ...question, id: ++asked };
    const answer = expectAnswer(message.id);
    child.send(message);
    return answer;
  }

  async function askNumber(question: Question): Promise<number> {
    const answer = await ask(question);
    if (typeof answer !== "number") throw new TypeError("the stand-ins answered with no number");
    return answer;
  }

  const addresses = await expectAnswer(0);
  if (typeof addresses !== "object" || child.pid === undefined) throw new TypeError("no addresses came");
  return {
    pid: child.pid,
    addresses,
    setLatency: async (ms) => {
      await ask({ what: "latency", ms });
    },
    writes: () => askNumber({ what: "writes" }),
    untilWrites: async (count, deadlineMs = 5 * 60_000) => {
      const late = new AbortController();
      const lateness = setTimeout(deadlineMs, undefined, { signal: late.signal }).then(() => {
        throw new Error(`${count} writes did not come within ${deadlineMs / 60_000} minutes`);
      });
      try {
        await Promise.race([ask({ what: "until-writes", count }), lateness]);
      } finally {
        late.abort();
        lateness.catch(() => {});
      }
    },
    count: (kind, field, value) => askNumber({ what: "count", kind, field, value }),
    refused: async () => {
      const refused = await ask({ what: "refused" });
      if (typeof refused !== "string") throw new TypeError("the stand-ins answered with no text");
      return refused;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.disconnect();
      await once(child, "exit");
    },
  };
}
