package dev.shunt.node.cli;

import dev.shunt.node.datapath.Reason;
import dev.shunt.policy.observe.ReasonSentences;

/** Each reason in words an operator can act on. */
final class Reasons {
  private Reasons() {}

  static String sentence(Reason reason) {
    return ReasonSentences.of(reason.wireName());
  }
}
