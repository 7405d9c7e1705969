package dev.shunt.control.revisions;

import dev.shunt.control.audit.AuditLog;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

@Configuration(proxyBeanMethods = false)
class RevisionConfiguration {

  @Bean
  RevisionStore revisionStore(JdbcClient jdbc, PlatformTransactionManager transactions) {
    return new JdbcRevisionStore(jdbc, new TransactionTemplate(transactions));
  }

  @Bean
  RevisionLog revisionLog(RevisionStore store, SetJudge judge, AuditLog audit, Clock clock) {
    return new RevisionLog(store, judge, audit, clock);
  }
}
