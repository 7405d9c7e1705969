package dev.shunt.node.bpf;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * The few C library calls that Java has no method for. They answer -1 and leave errno in
 * getLastError.
 */
final class Libc {
  static final int O_RDONLY = 0;
  static final int O_DIRECTORY = 0200000;
  static final int O_CLOEXEC = 02000000;
  static final int CLONE_NEWNET = 0x40000000;
  static final int PROT_READ = 1;
  static final int PROT_WRITE = 2;
  static final int MAP_SHARED = 1;
  static final int LOCK_EX = 2;
  static final int LOCK_NB = 4;

  static {
    Native.register(Libc.class, NativeLibrary.getInstance("c"));
  }

  private Libc() {}

  static native int mount(
      String source, String target, String fileSystem, long flags, @Nullable Pointer data);

  /**
   * open(2) is variadic only for O_CREAT, which is never passed; the fixed form calls it alike on
   * every Linux ABI.
   */
  static native int open(String path, int flags);

  static native int close(int fd);

  static native Pointer mmap(
      @Nullable Pointer address, long length, int protection, int flags, int fd, long offset);

  static native int munmap(Pointer address, long length);

  static native int setns(int fd, int type);

  static native int flock(int fd, int operation);

  /** Answer of a call that says -1 and errno, in libbpf's way: a negative errno. */
  static int negativeErrno(int result) {
    return result < 0 ? -Native.getLastError() : result;
  }
}
