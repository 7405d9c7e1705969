package dev.shunt.policy;

/**
 * Everything that can be wrong with policies. A code never changes its meaning and is never reused;
 * each has a section in {@code docs/problems.md}.
 */
public enum ProblemCode {
  NOT_UTF8("SH001", "not UTF-8"),
  TOO_LARGE("SH002", "too large"),
  SYNTAX("SH003", "syntax error"),
  ALIAS("SH004", "anchor or alias"),
  TAG("SH005", "explicit tag"),
  DUPLICATE_KEY("SH006", "duplicate key"),
  TOO_DEEP("SH007", "nested too deep"),
  NO_DOCUMENT("SH008", "no document"),
  TOO_MANY_PROBLEMS("SH009", "too many problems"),

  UNKNOWN_FIELD("SH010", "unknown field"),
  MISSING_FIELD("SH011", "missing field"),
  WRONG_TYPE("SH012", "wrong type"),
  UNSUPPORTED_KIND("SH013", "unsupported apiVersion or kind"),
  EMPTY_LIST("SH014", "empty list"),
  NOT_ONE_OF("SH015", "not one of the allowed words"),
  OUT_OF_RANGE("SH016", "number out of range"),

  BAD_NAME("SH020", "bad policy name"),
  BAD_LABEL("SH021", "bad label or annotation"),
  BAD_SELECTOR("SH022", "bad node selector"),
  BAD_PORT("SH023", "bad port"),
  INVERTED_RANGE("SH024", "inverted port range"),
  OVERLAPPING_RANGES("SH025", "overlapping ranges"),
  BAD_CIDR("SH026", "bad CIDR"),
  HOST_BITS_SET("SH027", "host bits set in a CIDR"),
  BAD_GLOB("SH028", "bad cgroup glob"),
  BAD_ADDRESS("SH029", "bad address"),
  BAD_BYTE_SIZE("SH030", "bad byte size"),
  CONFLICTING_FIELDS("SH031", "conflicting fields"),

  DUPLICATE_NAME("SH040", "duplicate policy name"),
  TOO_MANY_POLICIES("SH041", "too many policies"),
  TOO_MANY_RANGES("SH042", "too many ranges"),
  CGROUPS_TOO_COMPLEX("SH043", "cgroup patterns too complex"),
  TEST_FAILED("SH044", "policy test failed"),

  SHADOWED("SH050", "shadowed policy", Severity.WARNING),
  HEALTH_CHECK_PORT("SH051", "health-check port", Severity.WARNING),
  REMOTE_SERVERS("SH052", "servers cover remote ranges", Severity.WARNING),
  MATCHES_EVERYTHING("SH053", "matches every socket", Severity.WARNING),
  REDUNDANT_ENTRY("SH054", "redundant entry", Severity.WARNING),
  NO_NODE("SH055", "selector that no node can match", Severity.WARNING),
  NOTHING_SEEN("SH056", "matches nothing seen lately", Severity.WARNING),
  BLOCKING_SEEN("SH057", "Handshake where blocking sockets were seen", Severity.WARNING),
  TOO_MANY_WARNINGS("SH058", "too many warnings", Severity.WARNING);

  private final String id;
  private final String title;
  private final Severity severity;

  ProblemCode(String id, String title) {
    this(id, title, Severity.ERROR);
  }

  ProblemCode(String id, String title, Severity severity) {
    this.id = id;
    this.title = title;
    this.severity = severity;
  }

  /** The stable code, {@code SH} and three digits. */
  public String id() {
    return id;
  }

  /** A few words in lower case. */
  public String title() {
    return title;
  }

  public Severity severity() {
    return severity;
  }
}
