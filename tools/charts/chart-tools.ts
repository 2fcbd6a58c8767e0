// SPDX-License-Identifier: Apache-2.0
import { dirname, join } from "node:path";
import { findProgram } from "@repo/testbed";
import { execa } from "execa";

/** The programs that charts are checked with. */
export interface ChartTools {
  readonly helm: string;
  readonly kubeconform: string;
  readonly unittest: string;
  /** The API description of the pinned Kubernetes. */
  readonly swaggerFile: string;
}

export type FoundChartTools =
  | { readonly status: "available"; readonly tools: ChartTools }
  | { readonly status: "missing"; readonly reason: string };

/** Finds the programs or has them built; `missing` with a sentence where the machine lacks what they are built with. */
export async function findChartTools(): Promise<FoundChartTools> {
  const helm = await findProgram("helm");
  if (helm.status === "missing") return helm;
  const kubeconform = await findProgram("kubeconform");
  if (kubeconform.status === "missing") return kubeconform;
  const unittest = await findProgram("helm-unittest");
  if (unittest.status === "missing") return unittest;
  const swaggerFile = join(dirname(dirname(kubeconform.path)), "share", "swagger.json");
  const tools = { helm: helm.path, kubeconform: kubeconform.path, unittest: unittest.path, swaggerFile };
  return { status: "available", tools };
}

export interface ToolResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** Both streams as they came. */
  readonly output: string;
}

/** Runs one of the programs, out of sight of the settings of the person who runs it. */
export async function runChartTool(
  program: string,
  args: readonly string[],
  home: string,
  input = "",
): Promise<ToolResult> {
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    HELM_CACHE_HOME: join(home, "cache"),
    HELM_CONFIG_HOME: join(home, "config"),
    HELM_DATA_HOME: join(home, "data"),
  };
  const result = await execa(program, args, {
    env,
    extendEnv: false,
    input,
    reject: false,
    all: true,
    timeout: 120_000,
  });
  if (result.exitCode === undefined) throw new Error(result.shortMessage, { cause: result.cause });
  return { ok: result.exitCode === 0, stdout: result.stdout, output: result.all };
}
