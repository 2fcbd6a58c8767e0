// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:fs";
import { access, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { acquireLock, cacheRoot } from "@repo/testbed";
import { execa } from "execa";
import { createDockerClient, type DockerClient } from "./docker-client.ts";
import type { Engine } from "./engine.ts";

// By path: the client must be the daemon's contemporary, and a newer one on PATH without its buildx plugin
// falls back to the builder of old.
const clientPath = "/usr/bin/docker";
const daemonPath = "/usr/sbin/dockerd";
const startMs = 60_000;
/** Kept from one run to the next: the layers of the last builds, which make the next ones quick. */
const keptBuildCache = "2GB";

/** Why this machine cannot run a private engine, as the end of a sentence that starts "or"; `undefined` if it can. */
export async function findPrivateEngineProblem(): Promise<string | undefined> {
  const needed = "run this as root on a Debian or Ubuntu, where docker.io can be installed for it";
  if (process.platform !== "linux" || process.getuid?.() !== 0) return needed;
  return (await isProgram("/usr/bin/apt-get")) || (await isProgram(daemonPath)) ? undefined : needed;
}

/**
 * Starts a dockerd of our own, without any change to the machine's network: no bridge, no firewall rules.
 * Containers run with `--network=host`. Its images stay in the testbed's cache folder.
 */
export async function startPrivateEngine(): Promise<Engine> {
  const folder = join(await cacheRoot(process.env), "docker");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await using stack = new AsyncDisposableStack();
  stack.use(await acquireLock(join(folder, "lock")));
  await installDocker();
  const host = `unix://${join(folder, "docker.sock")}`;
  const docker = createDockerClient(clientPath, host);
  await stopLeftOver(folder);
  stack.use(startDaemon(folder, host));
  const version = await untilItAnswers(docker, folder);
  stack.defer(() => trim(docker));
  const running = stack.move();
  return { docker, kind: "private", version, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

async function installDocker(): Promise<void> {
  if (await isProgram(daemonPath)) return;
  // Installing must not start the distribution's own daemon, which would change the firewall.
  const env = { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const options = { env, stdin: "ignore" as const, timeout: 10 * 60_000 };
  const install = ["install", "--yes", "--no-install-recommends", "docker.io"];
  const first = await execa("apt-get", install, { ...options, reject: false });
  if (first.exitCode === 0) return;
  await execa("apt-get", ["update"], options);
  await execa("apt-get", install, options);
}

function startDaemon(folder: string, host: string): AsyncDisposable {
  const log = { file: join(folder, "dockerd.log") };
  const child = execa(
    daemonPath,
    [
      "--iptables=false",
      "--ip6tables=false",
      "--bridge=none",
      `--data-root=${join(folder, "data")}`,
      `--exec-root=${join(folder, "exec")}`,
      `--pidfile=${join(folder, "pid")}`,
      `--host=${host}`,
    ],
    { stdin: "ignore", stdout: log, stderr: log, buffer: false, reject: false, forceKillAfterDelay: 20_000 },
  );
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child;
    },
  };
}

/** A daemon whose starter was killed still holds the data; we hold the lock, so nobody uses it. */
async function stopLeftOver(folder: string): Promise<void> {
  const pid = Number((await readFile(join(folder, "pid"), "utf8").catch(() => "")).trim());
  if (pid > 0 && (await isDaemonOf(pid, folder))) {
    process.kill(pid, "SIGTERM");
    const deadline = Date.now() + startMs;
    while ((await isDaemonOf(pid, folder)) && Date.now() < deadline) await sleep(100);
  }
  await rm(join(folder, "pid"), { force: true });
}

async function isDaemonOf(pid: number, folder: string): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return commandLine.includes(`--pidfile=${join(folder, "pid")}`);
}

async function untilItAnswers(docker: DockerClient, folder: string): Promise<string> {
  const deadline = Date.now() + startMs;
  for (;;) {
    const { exitCode, stdout } = await docker.run(["version", "--format", "{{.Server.Version}}"]);
    if (exitCode === 0 && stdout !== "") return stdout.trim();
    if (Date.now() > deadline) {
      const log = await readFile(join(folder, "dockerd.log"), "utf8").catch(() => "");
      throw new Error(
        `dockerd did not answer within ${startMs} ms:\n${log.split("\n").slice(-15).join("\n")}`,
      );
    }
    await sleep(100);
  }
}

/** Images without a name and old build layers would fill the disk run by run. */
async function trim(docker: DockerClient): Promise<void> {
  await docker.run(["container", "prune", "--force"]);
  await docker.run(["image", "prune", "--force"]);
  await docker.run(["builder", "prune", "--force", "--keep-storage", keptBuildCache]);
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
