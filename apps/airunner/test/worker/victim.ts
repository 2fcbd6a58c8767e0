// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A worker in a process of its own that dies by SIGKILL when it is disposed, or before. */
export interface Victim extends AsyncDisposable {
  kill(): Promise<void>;
}

export function startVictim(address: string, folder: string): Victim {
  const child = spawn(process.execPath, [join(import.meta.dirname, "worker-process.ts"), address, folder], {
    stdio: "inherit",
  });
  const exited = once(child, "exit");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  return { kill, [Symbol.asyncDispose]: kill };
}
