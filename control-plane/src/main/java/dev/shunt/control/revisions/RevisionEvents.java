package dev.shunt.control.revisions;

import dev.shunt.control.events.EventLog;
import java.util.List;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.stereotype.Component;

/** Publishes revisions and the policies they touch. */
@Component
class RevisionEvents implements InitializingBean {

  record RevisionCommitted(long number, String author, String message) {}

  record PolicyTouched(String name, PolicyChange.Kind change, long revision) {}

  private final RevisionLog revisions;
  private final EventLog events;

  RevisionEvents(RevisionLog revisions, EventLog events) {
    this.revisions = revisions;
    this.events = events;
  }

  @Override
  public void afterPropertiesSet() {
    revisions.listen(
        (revision, change) -> {
          events.publish(
              "revision",
              new RevisionCommitted(revision.number(), revision.author(), revision.message()));
          List<PolicyChange> changes = change.changes();
          changes.forEach(
              policy ->
                  events.publish(
                      "policy",
                      new PolicyTouched(policy.name(), policy.kind(), revision.number())));
        });
  }
}
