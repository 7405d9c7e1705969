package dev.shunt.node.datapath;

import dev.shunt.policy.observe.Flow;
import java.util.List;

/**
 * Brings the datapath onto this node and takes it off again. Every method is idempotent and may be
 * killed at any instant: what is running keeps running, and the next call finishes or cleans what
 * was half made. One process at a time holds a pin folder; a second one is refused with a sentence.
 */
public interface DatapathInstaller {

  /**
   * The installer that talks to this machine's kernel through libbpf. Needs root, or CAP_BPF,
   * CAP_NET_ADMIN, CAP_PERFMON.
   */
  static DatapathInstaller onThisKernel() {
    return new KernelInstaller();
  }

  /**
   * Adopts the pinned datapath when it has the same layout, program object, capacity and cgroup,
   * without touching what runs. If only the programs differ, this version's take their places on
   * the same maps. Otherwise it is moved aside, a new one is installed, and the connections of the
   * old one are given back to TCP while {@link Datapath#conduct} runs. When that fails, what was
   * there is back in its place.
   *
   * @throws DatapathException {@code install.layout} when a later version's layout is there
   */
  Datapath installOrAdopt(DatapathOptions options) throws DatapathException;

  /**
   * Gives accelerated connections back to TCP, waiting some seconds for it, then detaches and
   * unpins everything in the pin folder, and in those of installations it superseded, and removes
   * the folders; whatever their layout. Connections that are accelerated still keep their programs
   * until they close, so nothing is lost. Nothing installed is not an error.
   */
  UninstallReport uninstall(DatapathOptions options) throws DatapathException;

  /**
   * Looks at what is pinned, without changing or holding anything; works beside a running node
   * plugin.
   */
  DatapathInspection inspect(DatapathOptions options) throws DatapathException;

  /**
   * As {@link Datapath#connections}, beside a running node plugin; empty when nothing is installed.
   */
  List<Connection> connections(DatapathOptions options) throws DatapathException;

  /**
   * As {@link Datapath#insight}, beside a running node plugin; nothing when nothing is installed.
   */
  Insight insight(DatapathOptions options) throws DatapathException;

  /** Every open connection by itself, matched by a policy or not; otherwise as {@link #insight}. */
  List<Flow> flows(DatapathOptions options) throws DatapathException;
}
