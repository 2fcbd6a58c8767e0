// SPDX-License-Identifier: MIT
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { cpuSecondsOf } from "@repo/bench";
import { createOwnTokens, createSigner } from "@repo/jwt";
import type { BareLoopOptions, BareMessage, BarePhase } from "./bare-loop-messages.ts";
import type { Platform } from "./platform.ts";
import type { WaveFigures } from "./wave.ts";

export type BareFigures = Readonly<Record<BarePhase, Omit<WaveFigures, "latencyMs">>>;

/**
 * Runs the yardstick against the platform's project service.
 *
 * @throws {Error} when it does not end well
 */
export async function runBareLoop(
  platform: Platform,
  sizes: Pick<BareLoopOptions, "concurrency" | "warmUp" | "objects" | "oneByOne">,
): Promise<BareFigures> {
  const { projectUrl, rootUid } = platform.standIns.addresses;
  const options: BareLoopOptions = { ...sizes, projectUrl, rootUid, token: await tokenOf(platform) };
  const child = fork(join(import.meta.dirname, "bare-loop.ts"), [JSON.stringify(options)]);
  const pid = child.pid ?? 0;
  const begun = new Map<BarePhase, Figures>();
  const over = new Map<BarePhase, Figures>();
  child.on("message", ({ phase, is }: BareMessage) => {
    (is === "begun" ? begun : over).set(phase, look(platform, pid));
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`the bare loop ended with ${String(code)}`);
  const figures = (phase: BarePhase, objects: number) => between(begun.get(phase), over.get(phase), objects);
  return {
    create: figures("create", sizes.objects),
    update: figures("update", sizes.objects),
    "update one by one": figures("update one by one", sizes.oneByOne),
  };
}

/** In the name of the program itself. */
function tokenOf({ signingKeys }: Platform): Promise<string> {
  const signer = createSigner({
    algorithm: "PS256",
    privateKey: signingKeys.privateKey,
    subject: "the key",
    keyId: "signer-1",
  });
  const tokens = createOwnTokens({ signer, issuer: "heimdall", lifetimeSeconds: 3600 });
  return Promise.resolve(
    tokens.tokenFor({
      audience: "lfx-v2-project-service",
      subject: "bare",
      claims: { principal: "bare@clients" },
    }),
  );
}

interface Figures {
  readonly atMs: number;
  readonly loop: number;
  readonly nats: number;
  readonly standIns: number;
}

function look({ nats, standIns }: Platform, pid: number): Figures {
  return {
    atMs: performance.now(),
    loop: cpuSecondsOf(pid),
    nats: nats.pid === undefined ? Number.NaN : cpuSecondsOf(nats.pid),
    standIns: cpuSecondsOf(standIns.pid),
  };
}

function between(
  first: Figures | undefined,
  last: Figures | undefined,
  objects: number,
): BareFigures[BarePhase] {
  if (first === undefined || last === undefined) throw new Error("the bare loop left a phase out");
  const each = (of: "loop" | "nats" | "standIns"): number => ((last[of] - first[of]) * 1e6) / objects;
  return {
    perSecond: (objects * 1000) / (last.atMs - first.atMs),
    cpu: { instances: each("loop"), nats: each("nats"), standIns: each("standIns") },
  };
}
