package dev.shunt.node.bpf;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.ptr.IntByReference;
import java.time.Duration;

/**
 * How long a program ran, as the kernel counts it while this is open (BPF_ENABLE_STATS, kernel
 * 5.8).
 */
public final class ProgramTime implements AutoCloseable {
  /** {@code struct bpf_prog_info} up to run_cnt. */
  private static final int INFO = 208;

  private static final int INFO_RUN_TIME = 192;
  private static final int RUN_TIME = 0;

  static {
    Native.register(ProgramTime.class, NativeLibrary.getInstance("libbpf.so.1"));
  }

  private final BpfFd statistics;
  private final BpfFd program;

  private static native int bpf_enable_stats(int type);

  public ProgramTime(int programId) {
    statistics = BpfFd.of("bpf_enable_stats", "run time", bpf_enable_stats(RUN_TIME));
    program =
        BpfFd.of(
            "bpf_prog_get_fd_by_id",
            "program " + programId,
            Libbpf.bpf_prog_get_fd_by_id(programId));
  }

  /** Of all runs since the program was loaded, those that were counted. */
  public Duration total() {
    try (Memory info = new Memory(INFO)) {
      info.clear();
      int result = Libbpf.bpf_obj_get_info_by_fd(program.number(), info, new IntByReference(INFO));
      if (result < 0) {
        throw new BpfException("bpf_obj_get_info_by_fd " + program.name(), -result);
      }
      return Duration.ofNanos(info.getLong(INFO_RUN_TIME));
    }
  }

  @Override
  public void close() {
    program.close();
    statistics.close();
  }
}
