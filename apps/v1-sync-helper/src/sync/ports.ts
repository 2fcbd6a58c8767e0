// SPDX-License-Identifier: MIT
import type { Clock } from "../clock.ts";
import type { Mappings } from "../mappings/mappings.ts";
import type { Author } from "../objects/author.ts";
import type { ObjectType, World } from "../objects/world.ts";
import type { ObjectKind } from "../records/object-key.ts";
import type { V2Services } from "../services/v2-services.ts";
import type { DeleteWindow } from "../state/delete-window.ts";
import type { SlugLocks } from "../state/slug-locks.ts";
import type { SyncEvents } from "./events.ts";
import type { Source } from "./source.ts";

/** In whose name calls are made. */
export interface Authorship {
  /** @throws {UnavailableError} when v1 does not answer */
  readonly authorOf: (lastModifiedBy: string | undefined) => Promise<Author>;
  readonly fallback: Author;
}

/** What the engine works with. */
export interface Ports {
  readonly clock: Clock;
  readonly random: () => number;
  readonly source: Source;
  readonly mappings: Mappings;
  readonly world: World;
  readonly services: Pick<V2Services, "send" | "longestSendMs" | "uidOfSlug">;
  readonly authors: Authorship;
  readonly types: Readonly<Record<ObjectKind, ObjectType>>;
  readonly slugLocks: SlugLocks;
  readonly deleteWindow: DeleteWindow;
  readonly events: SyncEvents;
}

/** What the engine goes by; times in milliseconds. */
export interface Rules {
  /** How long a create whose outcome is unknown may still be carried out. */
  readonly createSettleMs: number;
  readonly deletePolicy: "delete" | "ignore";
  /** `lastmodifiedbyid` of records that this program's own client changed: `{AUTH0_CLIENT_ID}@clients`. */
  readonly ownEditor: string;
}
