package dev.shunt.control.revisions;

import dev.shunt.policy.PolicySet;
import dev.shunt.policy.Problem;
import java.util.List;

/** Judges a whole set before it is written. */
@FunctionalInterface
public interface SetJudge {

  /** Everything there is to say; one error keeps the set from being written. */
  List<Problem> judge(PolicySet set);
}
