package dev.shunt.control.events;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class EventConfiguration {

  @Bean
  EventLog eventLog() {
    return new EventLog();
  }
}
