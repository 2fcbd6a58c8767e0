// SPDX-License-Identifier: MIT
import { type MappingKey, mappingKey } from "../mappings/mapping-key.ts";
import { type ObjectKind, objectKinds } from "../records/object-key.ts";

/** The reverse of {@link mappingKey}; `undefined` for what is none. */
export function parseMappingKey(
  key: MappingKey,
): { readonly kind: ObjectKind; readonly id: string } | undefined {
  for (const kind of objectKinds) {
    const prefix = mappingKey(kind, "");
    if (key.startsWith(prefix)) return { kind, id: key.slice(prefix.length) };
  }
  return undefined;
}
