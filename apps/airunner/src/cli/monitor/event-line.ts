// SPDX-License-Identifier: Apache-2.0
import type { JobEvent } from "../../gen/job/v1/job_pb.ts";
import { formatGoDuration } from "../text/go-duration.ts";
import { harmless } from "../text/harmless.ts";
import { eventTypeName } from "../text/names.ts";
import { clockTime, toMs, toNanoseconds } from "../text/times.ts";

/** An event other than output as the line that the Go program printed, without line end; UTC. */
export function eventLine(event: JobEvent): string {
  return `[${clockTime(toMs(event.timestamp))}] ${harmless(describe(event))}`;
}

function describe(event: JobEvent): string {
  const { eventData: data } = event;
  switch (data.case) {
    case "processStart":
      return `🚀 Process started (PID: ${data.value.pid})`;
    case "processEnd": {
      const { pid, exitCode, runDuration, signal } = data.value;
      const status = exitCode === 0 ? "✅ SUCCESS" : "❌ FAILED";
      const killed = signal === "" ? "" : `, Signal: ${signal}`;
      const duration = formatGoDuration(toNanoseconds(runDuration));
      return `${status} Process ended (PID: ${pid}, Exit Code: ${exitCode}${killed}, Duration: ${duration})`;
    }
    case "processError":
      return `❌ ERROR: ${data.value.errorMessage}`;
    case "heartbeat": {
      const elapsed = formatGoDuration(toNanoseconds(data.value.elapsedTime));
      return `${data.value.processAlive ? "💓" : "💀"} Heartbeat (Elapsed: ${elapsed})`;
    }
    case "terminalResize": {
      const { cols, rows, widthPixels, heightPixels } = data.value;
      return `📺 Terminal resized to ${cols}x${rows} (${widthPixels}x${heightPixels} pixels)`;
    }
    default:
      return describeLater(event);
  }
}

/** Events that came after the Go program's first version, in its manner. */
function describeLater(event: JobEvent): string {
  const { eventData: data } = event;
  switch (data.case) {
    case "gitCloneStart": {
      const { repository, branch, commit } = data.value;
      const what = [branch === "" ? "" : `branch ${branch}`, commit === "" ? "" : `commit ${commit}`];
      const which = what.filter((text) => text !== "").join(", ");
      return `📥 Cloning ${repository}${which === "" ? "" : ` (${which})`}`;
    }
    case "gitCloneEnd": {
      const duration = formatGoDuration(toNanoseconds(data.value.cloneDuration));
      return `✅ Checked out ${data.value.commitSha} (Duration: ${duration})`;
    }
    case "gitCloneError": {
      const { errorMessage, stderrOutput } = data.value;
      // The error of the job follows and has the sentence; here is what git said.
      return `❌ Checkout failed: ${stderrOutput.trim() === "" ? errorMessage : stderrOutput.trim()}`;
    }
    case "containerCreate":
      return `📦 Container ${data.value.containerId} created from ${data.value.image}`;
    case "containerRemove":
      return `📦 Container ${data.value.containerId} removed`;
    case "imagePullStart":
      return `📥 Pulling ${data.value.image}`;
    case "imagePullProgress":
      return `📥 Pulling ${data.value.image}: ${data.value.status}`;
    case "imagePullComplete":
      return `✅ Pulled ${data.value.image}`;
    default:
      return `❓ Unknown event type: ${eventTypeName(event.eventType).toUpperCase()} (Sequence: ${event.sequence})`;
  }
}
