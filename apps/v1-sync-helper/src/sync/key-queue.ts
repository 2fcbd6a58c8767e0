// SPDX-License-Identifier: MIT

/** Where work comes from; both get their turn. */
export type Lane = "arrivals" | "backlog";
const lanes = ["arrivals", "backlog"] as const;

export interface KeyQueueOptions<T> {
  /** How many keys are worked on at once, at most. */
  readonly limit: number;
  readonly keyOf: (task: T) => string;
  /** Does the work; what it throws is the caller's loss, so it should not. */
  readonly run: (task: T) => Promise<void>;
  /** One task in place of two of the same key; `waiting` came first. */
  readonly merge: (waiting: T, arriving: T) => T;
  /** A place became free. */
  readonly onFree?: () => void;
}

/** Works on many keys at once and on each key one task at a time. */
export interface KeyQueue<T> {
  readonly push: (task: T, lane: Lane) => void;
  /** Tasks that have not begun. */
  readonly waiting: (lane?: Lane) => number;
  readonly running: () => number;
  /** Begins nothing more, and gives back what waits. */
  readonly stop: () => T[];
  /** Ends when nothing runs any more. */
  readonly idle: () => Promise<void>;
}

interface Item<T> {
  task: T;
  readonly lane: Lane;
}

export function createKeyQueue<T>(options: KeyQueueOptions<T>): KeyQueue<T> {
  const { limit, keyOf, run, merge, onFree } = options;
  // A Map gives its first entry in constant time and finds any: a queue that can be joined by key.
  const waiting = { arrivals: new Map<string, Item<T>>(), backlog: new Map<string, Item<T>>() };
  /** Keys that are worked on, with what waits for that to end. */
  const running = new Map<string, Item<T> | undefined>();
  let behind = 0;
  let turn: Lane = "arrivals";
  let isStopped = false;
  let whenIdle: PromiseWithResolvers<void> | undefined;

  function join(item: Item<T>, arriving: T): void {
    item.task = merge(item.task, arriving);
  }

  function push(task: T, lane: Lane): void {
    const key = keyOf(task);
    const known = waiting.arrivals.get(key) ?? waiting.backlog.get(key) ?? running.get(key);
    if (known !== undefined) return join(known, task);
    if (running.has(key)) {
      running.set(key, { task, lane });
      behind += 1;
      return;
    }
    waiting[lane].set(key, { task, lane });
    fill();
  }

  function next(): [string, Item<T>] | undefined {
    for (const lane of turn === "arrivals" ? lanes : lanes.toReversed()) {
      const first = waiting[lane].entries().next();
      if (first.done === true) continue;
      waiting[lane].delete(first.value[0]);
      turn = lane === "arrivals" ? "backlog" : "arrivals";
      return first.value;
    }
    return undefined;
  }

  function fill(): void {
    for (;;) {
      if (isStopped || running.size >= limit) return;
      const found = next();
      if (found === undefined) return;
      const [key, { task }] = found;
      running.set(key, undefined);
      void run(task).finally(() => ended(key));
    }
  }

  function ended(key: string): void {
    const follower = running.get(key);
    running.delete(key);
    if (follower !== undefined) {
      behind -= 1;
      waiting[follower.lane].set(key, follower);
    }
    fill();
    if (running.size === 0) whenIdle?.resolve();
    else if (running.size >= limit) return;
    onFree?.();
  }

  function stop(): T[] {
    isStopped = true;
    const left = [...waiting.arrivals.values(), ...waiting.backlog.values()].map(({ task }) => task);
    for (const [key, follower] of running) {
      if (follower !== undefined) left.push(follower.task);
      running.set(key, undefined);
    }
    waiting.arrivals.clear();
    waiting.backlog.clear();
    behind = 0;
    return left;
  }

  return {
    push,
    waiting: (lane) => {
      if (lane !== undefined) return waiting[lane].size;
      return waiting.arrivals.size + waiting.backlog.size + behind;
    },
    running: () => running.size,
    stop,
    idle: () => {
      if (running.size === 0) return Promise.resolve();
      whenIdle ??= Promise.withResolvers();
      return whenIdle.promise;
    },
  };
}
