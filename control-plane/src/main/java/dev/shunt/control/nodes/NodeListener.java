package dev.shunt.control.nodes;

/** Hears when a node stands differently. Must return quickly and must not call back. */
interface NodeListener {

  /** Maybe differently: also called when nothing a user sees has changed. */
  void changed(Nodes.Standing standing);

  void deleted(String id);
}
