// SPDX-License-Identifier: Apache-2.0
import type { NatsConnection, Subscription } from "@nats-io/transport-node";
import { isFormat } from "./formats.ts";
import { isJsonObject, listOf, textOf } from "./json.ts";
import type { State } from "./state.ts";
import { lookupKeys } from "./store.ts";

type Reply = (state: State, request: string) => string;

/** Subject → what is answered; projects say nothing where there is nothing to say. */
const projectReplies: Readonly<Record<string, Reply>> = {
  "lfx.projects-api.slug_to_uid": ({ store }, slug) => store.projects.lookup(lookupKeys.slug(slug)) ?? "",
  "lfx.projects-api.get_slug": attribute("slug"),
  "lfx.projects-api.get_name": attribute("name"),
  "lfx.projects-api.get_logo": attribute("logo_url"),
  "lfx.projects-api.get_parent_uid": attribute("parent_uid"),
  "lfx.projects-api.get_writers": ({ store }, uid) => {
    const settings = store.projectSettings.get(uid);
    return settings === undefined ? "" : JSON.stringify(listOf(settings.data, "writers"));
  },
};

const committeeReplies: Readonly<Record<string, Reply>> = {
  "lfx.committee-api.get_name": ({ store }, uid) =>
    committeeProblem(store.committees.get(uid) !== undefined, uid) ??
    textOf(store.committees.get(uid)?.data, "name"),
  "lfx.committee-api.list_members": ({ store }, uid) => {
    const problem = committeeProblem(store.committees.get(uid) !== undefined, uid);
    if (problem !== undefined) return problem;
    const members = [...store.membersOf(uid)].map((member) => store.members.get(member)?.data);
    // Go writes a list that was never begun as null.
    return members.length === 0 ? "null" : JSON.stringify(members);
  },
  "lfx.committee-api.get_project": ({ store }, request) => {
    const uid = textOf(parsed(request), "committee_uid");
    const project_uid = textOf(store.committees.get(uid)?.data, "project_uid");
    return JSON.stringify(project_uid === "" ? { error: "not found" } : { project_uid });
  },
};

function attribute(name: string): Reply {
  return ({ store }, uid) => textOf(store.projects.get(uid)?.data, name);
}

/** The committee service puts the text of an error between quotes as it is, so this need not be JSON. */
function committeeProblem(exists: boolean, uid: string): string | undefined {
  if (!isFormat.uuid(uid)) return `{"error":"invalid UUID length: ${uid.length}"}`;
  return exists ? undefined : `{"error":"committee not found: committee UID: "${uid}""}`;
}

function parsed(text: string) {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Answers the look-ups of both services; disposal ends it, and leaves the connection open. */
export function startResponders(connection: NatsConnection, state: State): Disposable {
  let subscriptions: readonly Subscription[] = [];
  const follow = (): void => {
    const shallListen = state.faults.responders !== "absent";
    if (shallListen && subscriptions.length === 0) {
      subscriptions = [
        ...subscribe(connection, state, projectReplies, "lfx.projects-api.queue"),
        ...subscribe(connection, state, committeeReplies, "lfx.committee-api.queue"),
      ];
    } else if (!shallListen) end();
  };
  const end = (): void => {
    for (const subscription of subscriptions) subscription.unsubscribe();
    subscriptions = [];
  };
  follow();
  state.faults.onResponders = follow;
  return { [Symbol.dispose]: end };
}

function subscribe(
  connection: NatsConnection,
  state: State,
  replies: Readonly<Record<string, Reply>>,
  queue: string,
): readonly Subscription[] {
  return Object.entries(replies).map(([subject, reply]) =>
    connection.subscribe(subject, {
      queue,
      callback: (error, message) => {
        const { responders, nats } = state.faults;
        if (error === null && responders === "up" && nats === "up")
          message.respond(reply(state, message.string()));
      },
    }),
  );
}
