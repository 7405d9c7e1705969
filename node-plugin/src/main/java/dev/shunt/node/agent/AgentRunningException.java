package dev.shunt.node.agent;

import java.nio.file.Path;

/** Another agent holds the pin folder. */
public final class AgentRunningException extends Exception {
  private static final long serialVersionUID = 1L;

  AgentRunningException(Path pinFolder, AgentLock.Holder holder) {
    super(
        "another shunt-node (pid %s, %s) already runs on %s; stop it first, or use another --pin-dir"
            .formatted(
                holder.pid() == 0 ? "unknown" : holder.pid(), holder.mode().word(), pinFolder));
  }
}
