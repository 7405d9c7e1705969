package dev.shunt.control.nodes;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.springframework.stereotype.Component;

/** {@code shunt_push_*}. */
@Component
class MicrometerPushMeters implements PushMeters {

  private final Map<Answer, Timer> answers = new EnumMap<>(Answer.class);
  private final Counter stale;

  MicrometerPushMeters(MeterRegistry registry) {
    for (Answer answer : Answer.values()) {
      answers.put(
          answer,
          Timer.builder("shunt.push.answers")
              .description("From sending an update to the node's answer")
              .tag("answer", answer.name().toLowerCase(Locale.ROOT))
              .publishPercentileHistogram()
              .minimumExpectedValue(Duration.ofMillis(1))
              .maximumExpectedValue(Duration.ofSeconds(10))
              .register(registry));
    }
    stale =
        Counter.builder("shunt.push.stale.answers")
            .description("Answers to updates that were no longer in flight")
            .register(registry);
  }

  @Override
  public void answered(Answer answer, Duration took) {
    Timer timer = answers.get(answer);
    if (timer != null) {
      timer.record(took);
    }
  }

  @Override
  public void stale() {
    stale.increment();
  }
}
