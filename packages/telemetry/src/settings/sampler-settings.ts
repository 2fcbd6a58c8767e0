// SPDX-License-Identifier: Apache-2.0
import type { EnvReader } from "./env-reader.ts";

const samplers = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;

export interface SamplerSettings {
  /** What decides about a trace that begins here; default `always_on`. */
  readonly root: "always_on" | "always_off" | "traceidratio";
  /** A trace that began elsewhere keeps the decision made there; default true. */
  readonly isParentBased: boolean;
  /** 0 to 1; of `traceidratio`. */
  readonly ratio: number;
}

/** OTEL_TRACES_SAMPLER and its _ARG; `parentbased_always_on` without. */
export function readSampler(reader: EnvReader): SamplerSettings {
  const name = reader.choice("OTEL_TRACES_SAMPLER", samplers) ?? "parentbased_always_on";
  const isParentBased = name.startsWith("parentbased_");
  const root = name.replace("parentbased_", "");
  return {
    root: root === "always_off" || root === "traceidratio" ? root : "always_on",
    isParentBased,
    ratio: root === "traceidratio" ? readRatio(reader) : 1,
  };
}

function readRatio(reader: EnvReader): number {
  const text = reader.text("OTEL_TRACES_SAMPLER_ARG");
  if (text === undefined) return 1;
  const ratio = /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  return ratio >= 0 && ratio <= 1
    ? ratio
    : (reader.refuse("OTEL_TRACES_SAMPLER_ARG", "it is a number from 0 to 1") ?? 1);
}
