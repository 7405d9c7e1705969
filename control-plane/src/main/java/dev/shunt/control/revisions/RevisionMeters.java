package dev.shunt.control.revisions;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.stereotype.Component;

/** {@code shunt_revision} and {@code shunt_policies}. */
@Component
class RevisionMeters implements MeterBinder {

  private final RevisionLog revisions;

  RevisionMeters(RevisionLog revisions) {
    this.revisions = revisions;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    Gauge.builder("shunt.revision", revisions, log -> log.current().revision())
        .description("Number of the newest revision")
        .register(registry);
    Gauge.builder("shunt.policies", revisions, log -> log.current().policies().size())
        .description("Policies in the newest revision")
        .register(registry);
  }
}
