package dev.shunt.control.audit;

import dev.shunt.control.web.Cursor;
import dev.shunt.control.web.Page;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1/audit")
@Tag(name = "Audit")
class AuditController {

  /** One write or refusal. */
  record AuditRecord(
      long id,
      Instant time,
      String actor,
      String action,
      String target,
      AuditEntry.Outcome outcome,
      String remote,
      String detail) {

    static AuditRecord of(JdbcAuditLog.Row row) {
      AuditEntry entry = row.entry();
      return new AuditRecord(
          row.id(),
          entry.at(),
          entry.actor().name(),
          entry.action(),
          entry.target(),
          entry.outcome(),
          entry.actor().remote(),
          entry.detail());
    }
  }

  private final JdbcAuditLog audit;

  AuditController(JdbcAuditLog audit) {
    this.audit = audit;
  }

  @GetMapping
  @Operation(summary = "Lists writes and refusals, newest first", operationId = "listAudit")
  Page<AuditRecord> list(
      @RequestParam(required = false) @Nullable String actor,
      @RequestParam(defaultValue = "100") int limit,
      @RequestParam(name = "continue", required = false) @Nullable String cursor) {
    long before = cursor == null ? Long.MAX_VALUE : Cursor.number(cursor);
    List<AuditRecord> records =
        audit.page(before, Page.limit(limit) + 1, actor).stream().map(AuditRecord::of).toList();
    return Page.of(records, Page.limit(limit), last -> Cursor.of(last.id()));
  }
}
