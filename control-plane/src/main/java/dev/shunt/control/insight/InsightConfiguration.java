package dev.shunt.control.insight;

import dev.shunt.control.nodes.Nodes;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class InsightConfiguration {

  @Bean
  Insights insights(Nodes nodes, Clock clock) {
    return new Insights(nodes, clock);
  }
}
