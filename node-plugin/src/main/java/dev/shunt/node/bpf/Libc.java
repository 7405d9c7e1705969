package dev.shunt.node.bpf;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
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

  static native int unshare(int flags);

  static native int dup(int fd);

  static native long read(int fd, Pointer buffer, long size);

  static native int pipe2(Pointer ends, int flags);

  /** ioctl(2) is variadic; with one pointer it is called alike on every Linux ABI. */
  static native int ioctl(int fd, long request, Pointer argument);

  static native int poll(Pointer fds, long count, int millis);

  static native int socket(int family, int type, int protocol);

  static native int bind(int fd, Pointer address, int size);

  static native int listen(int fd, int backlog);

  static native int connect(int fd, Pointer address, int size);

  static native int accept4(
      int fd, @Nullable Pointer address, @Nullable IntByReference size, int flags);

  static native int getsockname(int fd, Pointer address, IntByReference size);

  static native int shutdown(int fd, int how);

  static native long send(int fd, Pointer data, long size, int flags);

  static native long recv(int fd, Pointer data, long size, int flags);

  static native long splice(
      int from, @Nullable Pointer offset, int to, @Nullable Pointer toOffset, long size, int flags);

  /** Answer of a call that says -1 and errno, in libbpf's way: a negative errno. */
  static int negativeErrno(int result) {
    return result < 0 ? -Native.getLastError() : result;
  }
}
