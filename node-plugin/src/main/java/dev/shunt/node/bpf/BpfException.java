package dev.shunt.node.bpf;

/**
 * The kernel or libbpf refused an operation. The message holds the operation, the errno's name and
 * what to do about it; the verifier's or BTF checker's words are kept apart because they are long.
 */
public final class BpfException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String operation;
  private final int errno;
  private final String kernelLog;

  /**
   * @param errno positive errno
   */
  public BpfException(String operation, int errno, String kernelLog) {
    super(sentence(operation, errno, kernelLog));
    this.operation = operation;
    this.errno = errno;
    this.kernelLog = kernelLog;
  }

  public BpfException(String operation, int errno) {
    this(operation, errno, "");
  }

  /** What was tried, for example {@code bpf_map_create shunt_ports}. */
  public String operation() {
    return operation;
  }

  public int errno() {
    return errno;
  }

  public String errnoName() {
    return Errno.name(errno);
  }

  /** What the verifier or the BTF check wrote; empty when they were not asked. */
  public String kernelLog() {
    return kernelLog;
  }

  private static String sentence(String operation, int errno, String kernelLog) {
    StringBuilder text =
        new StringBuilder(operation).append(" failed with ").append(Errno.name(errno));
    String advice = Errno.advice(errno);
    if (!advice.isEmpty()) {
      text.append(": ").append(advice);
    }
    if (!kernelLog.isEmpty()) {
      text.append(". The kernel's log ends: ").append(lastLines(kernelLog));
    }
    return text.toString();
  }

  /** The verifier says why at the end; the rest is its trace. */
  private static String lastLines(String log) {
    String[] lines = log.strip().split("\n");
    int from = Math.max(0, lines.length - 3);
    return String.join(" | ", java.util.Arrays.copyOfRange(lines, from, lines.length));
  }
}
