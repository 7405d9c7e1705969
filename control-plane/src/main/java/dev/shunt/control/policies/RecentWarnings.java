package dev.shunt.control.policies;

import dev.shunt.control.insight.Insights;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Problem;
import dev.shunt.policy.validate.ObservationWarnings;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Warnings about policies in the light of the connections that nodes reported within the last hour.
 */
@Component
class RecentWarnings {

  private final Insights insights;

  RecentWarnings(Insights insights) {
    this.insights = insights;
  }

  List<Problem> of(List<AccelerationPolicy> policies) {
    Insights.Seen seen = insights.seen();
    return ObservationWarnings.of(policies, Insights.sockets(seen), !seen.truncated());
  }
}
