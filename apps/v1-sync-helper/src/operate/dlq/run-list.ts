// SPDX-License-Identifier: MIT
import type { CliContext } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import type { SelectFlags } from "../commands/dlq.ts";
import type { Found } from "../store/collect-states.ts";
import { openStore } from "../store/open-store.ts";
import { columns, harmless } from "../text/harmless.ts";
import { count, roughly } from "../text/times.ts";
import { findDeadLetters } from "./dead-letters.ts";

export async function runList(flags: SelectFlags, context: CliContext): Promise<number> {
  await using store = await openStore(context);
  const found = await findDeadLetters(store, flags, context.interrupted());
  const text =
    flags.json === true
      ? found.map((entry) => `${JSON.stringify(toJson(entry))}\n`).join("")
      : listText(found, Date.now());
  await context.stdout.write(text);
  return exitCodes.done;
}

function toJson(entry: Found): object {
  return "problem" in entry ? entry : { key: entry.key, ...entry.state };
}

/** Lines with their ends. The message of each stands in a line of its own: no column would hold it. */
function listText(found: readonly Found[], nowMs: number): string {
  if (found.length === 0) return "Nothing is dead or held.\n";
  const table = columns(
    [
      ["key", "status", "reason", "attempts", "last tried"],
      ...found.map((entry) =>
        "problem" in entry
          ? [entry.key, "unreadable", "", "", ""]
          : [
              entry.key,
              entry.state.status,
              entry.state.reason?.code ?? "",
              String(entry.state.attempts),
              `${roughly(nowMs - Date.parse(entry.state.lastAt))} ago`,
            ],
      ),
    ],
    100,
  ).split("\n");
  const lines = found.map((entry, index) => {
    const message = "problem" in entry ? entry.problem : (entry.state.reason?.message ?? "");
    return `${table[index + 1] ?? ""}\n    ${harmless(message)}\n`;
  });
  return `${table[0] ?? ""}\n${lines.join("")}\n${count(found.length)} in all; "v1-sync-helper explain KEY" says more.\n`;
}
