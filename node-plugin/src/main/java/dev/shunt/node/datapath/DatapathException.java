package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import org.jspecify.annotations.Nullable;

/**
 * The datapath could not do what was asked. Whatever was live before is live and whole still. The
 * message says what was tried, what the kernel answered and what to do.
 */
public final class DatapathException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final @Nullable String errno;

  /**
   * @param code stable name of the step that failed, for example {@code install.load} or {@code
   *     apply.fill}
   */
  public DatapathException(String code, String message) {
    super(message);
    this.code = code;
    this.errno = null;
  }

  DatapathException(String code, BpfException cause) {
    super(code + ": " + cause.getMessage(), cause);
    this.code = code;
    this.errno = cause.errnoName();
  }

  DatapathException(String code, RuntimeException cause) {
    super(code + ": " + cause.getMessage(), cause);
    this.code = code;
    this.errno = null;
  }

  /** Stable name of the step that failed. */
  public String code() {
    return code;
  }

  /** Name of the errno, for example {@code EPERM}; null when the kernel was not what refused. */
  public @Nullable String errno() {
    return errno;
  }

  /** What the verifier or the BTF check wrote; empty when they were not involved. */
  public String kernelLog() {
    return getCause() instanceof BpfException bpf ? bpf.kernelLog() : "";
  }
}
