// SPDX-License-Identifier: Apache-2.0
import { parseDocument, visit } from "yaml";

/** Actions of a workflow that are not pinned to one exact version (`@v1.2.3`, or a commit). */
export function unpinnedActions(workflow: string): readonly string[] {
  const found: string[] = [];
  visit(parseDocument(workflow), {
    Pair(_, { key, value }) {
      if (String(key) !== "uses") return;
      const action = String(value);
      const isOurs = action.startsWith("./");
      if (!isOurs && !/@(v\d+\.\d+\.\d+|[0-9a-f]{40})$/.test(action)) found.push(action);
    },
  });
  return found;
}
