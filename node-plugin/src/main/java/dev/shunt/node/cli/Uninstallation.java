package dev.shunt.node.cli;

import dev.shunt.node.agent.AgentLock;
import dev.shunt.node.agent.AgentRunningException;
import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.datapath.UninstallReport;
import dev.shunt.node.store.CredentialStore;
import dev.shunt.node.store.PolicyStore;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;

/** Takes away what is installed, when no agent runs there, and says what that was. */
final class Uninstallation {
  private final World world;
  private final Settings settings;

  Uninstallation(World world, Settings settings) {
    this.world = world;
    this.settings = settings;
  }

  /**
   * Programs, maps, links, lock and socket go; live connections go on.
   *
   * @param keepState whether the last good policy and the credential stay
   */
  void run(boolean keepState) throws IOException {
    AgentLock lock;
    try {
      lock = AgentLock.take(settings.runFolder(), AgentLock.Mode.STANDALONE);
    } catch (AgentRunningException e) {
      throw CommandFailure.failed(String.valueOf(e.getMessage()));
    }
    try {
      removeDatapath();
      if (!keepState) {
        deleteState();
      }
    } finally {
      lock.removeAndClose();
    }
  }

  private void removeDatapath() {
    UninstallReport report;
    try {
      report = world.installer().uninstall(new Installation(world.installer(), settings).options());
    } catch (DatapathException e) {
      throw RunCommand.datapathFailure(e);
    }
    if (report.nothingWasInstalled()) {
      world.out().println("nothing was installed at " + settings.pinDir());
    } else {
      print(report);
    }
  }

  private void print(UninstallReport report) {
    world
        .out()
        .printf(
            "removed %d pins from %s: %s%n",
            report.removed().size(), settings.pinDir(), String.join(" ", report.removed()));
    world
        .out()
        .println(
            report.acceleratedLive() == 0
                ? "every connection is plain TCP again; live connections continue"
                : ("live connections continue; %d of them still hold redirected data that nobody has read: they lose"
                        + " nothing, and the kernel frees their programs when they close")
                    .formatted(report.acceleratedLive()));
  }

  private void deleteState() throws IOException {
    var policy = new PolicyStore(settings.stateDir());
    if (policy.delete()) {
      world.out().println("removed " + policy.path());
    }
    var credential = new CredentialStore(settings.stateDir());
    if (credential.delete()) {
      world.out().println("removed " + credential.path());
    }
    try {
      Files.deleteIfExists(settings.stateDir());
    } catch (DirectoryNotEmptyException e) {
      // Somebody keeps something else there; it is not Shunt's to remove.
    }
  }
}
