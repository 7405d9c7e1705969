package dev.shunt.node.bpf;

import java.util.Map;

/**
 * The errno values that bpf(2), mount(2) and friends answer with, by name, and what an operator can
 * do about each.
 */
final class Errno {
  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int EINTR = 4;
  static final int EIO = 5;
  static final int E2BIG = 7;
  static final int EBADF = 9;
  static final int EAGAIN = 11;
  static final int ENOMEM = 12;
  static final int EACCES = 13;
  static final int EFAULT = 14;
  static final int EBUSY = 16;
  static final int EEXIST = 17;
  static final int ENODEV = 19;
  static final int ENOTDIR = 20;
  static final int EINVAL = 22;
  static final int EMFILE = 24;
  static final int ENOSPC = 28;
  static final int EROFS = 30;
  static final int EPIPE = 32;
  static final int ERANGE = 34;
  static final int ENOSYS = 38;
  static final int ENOLINK = 67;
  static final int EOPNOTSUPP = 95;
  static final int EINPROGRESS = 115;
  static final int ESTALE = 116;

  /** Kernel-internal, yet bpf(2) lets it out for operations a map type lacks. */
  static final int ENOTSUPP = 524;

  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(EPERM, "EPERM"),
          Map.entry(ENOENT, "ENOENT"),
          Map.entry(EINTR, "EINTR"),
          Map.entry(EIO, "EIO"),
          Map.entry(E2BIG, "E2BIG"),
          Map.entry(EBADF, "EBADF"),
          Map.entry(EAGAIN, "EAGAIN"),
          Map.entry(ENOMEM, "ENOMEM"),
          Map.entry(EACCES, "EACCES"),
          Map.entry(EFAULT, "EFAULT"),
          Map.entry(EBUSY, "EBUSY"),
          Map.entry(EEXIST, "EEXIST"),
          Map.entry(ENODEV, "ENODEV"),
          Map.entry(ENOTDIR, "ENOTDIR"),
          Map.entry(EINVAL, "EINVAL"),
          Map.entry(EMFILE, "EMFILE"),
          Map.entry(ENOSPC, "ENOSPC"),
          Map.entry(EROFS, "EROFS"),
          Map.entry(EPIPE, "EPIPE"),
          Map.entry(EINPROGRESS, "EINPROGRESS"),
          Map.entry(ERANGE, "ERANGE"),
          Map.entry(ENOSYS, "ENOSYS"),
          Map.entry(ENOLINK, "ENOLINK"),
          Map.entry(EOPNOTSUPP, "EOPNOTSUPP"),
          Map.entry(ESTALE, "ESTALE"),
          Map.entry(ENOTSUPP, "ENOTSUPP"));

  private static final Map<Integer, String> ADVICE =
      Map.ofEntries(
          Map.entry(
              EPERM,
              "run as root or grant CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON and CAP_SYS_ADMIN to mount"),
          Map.entry(
              EACCES, "the kernel's verifier or a security module said no; its log tells why"),
          Map.entry(E2BIG, "the map is full"),
          Map.entry(ENOSPC, "the map is full"),
          Map.entry(
              ENOMEM,
              "the kernel has no memory for it; on kernels before 5.11 raise RLIMIT_MEMLOCK"),
          Map.entry(EMFILE, "the process has too many open files; raise LimitNOFILE"),
          Map.entry(ENOSYS, "this kernel was built without CONFIG_BPF_SYSCALL"),
          Map.entry(ENODEV, "this kernel lacks the file system"),
          Map.entry(EROFS, "the file system is mounted read-only"));

  private Errno() {}

  /** {@code EPERM}, or {@code errno 77} for a number this table does not know. */
  static String name(int errno) {
    String name = NAMES.get(errno);
    return name == null ? "errno " + errno : name;
  }

  /** One clause that says what to do, or empty when the name says all that can be said. */
  static String advice(int errno) {
    String advice = ADVICE.get(errno);
    return advice == null ? "" : advice;
  }
}
