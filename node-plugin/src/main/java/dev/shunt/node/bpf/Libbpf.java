package dev.shunt.node.bpf;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import org.jspecify.annotations.Nullable;

/**
 * libbpf's C functions, one to one, by JNA direct mapping (as fast as a Panama downcall). Names and
 * argument order are libbpf's. Functions that return {@code int} answer a negative errno; those
 * that return a pointer answer null and leave errno in {@link Native#getLastError()}.
 *
 * <p>The print callback stays unset: it takes a {@code va_list}, which JNA cannot map. Logs are
 * read from buffers instead.
 */
final class Libbpf {
  /** Pins the major version; a bare "bpf" would take whatever the machine offers first. */
  private static final String LIBRARY = "libbpf.so.1";

  private static final @Nullable String PROBLEM = register();

  private Libbpf() {}

  /** Call before any native method of this class. */
  static void ensureLoaded() {
    if (PROBLEM != null) {
      throw new LibbpfMissingException(PROBLEM);
    }
  }

  private static @Nullable String register() {
    try {
      Native.getNativeSize(int.class);
    } catch (LinkageError e) {
      return "JNA could not load its native part ("
          + e.getMessage()
          + "). It is unpacked to the temporary folder, which must not be mounted noexec: choose another with"
          + " -Djna.tmpdir=FOLDER";
    }
    try {
      Native.register(Libbpf.class, NativeLibrary.getInstance(LIBRARY));
    } catch (UnsatisfiedLinkError e) {
      return LibbpfMissingException.sentence(LIBRARY, String.valueOf(e.getMessage()));
    }
    int major = libbpf_major_version();
    return major == 1
        ? null
        : LibbpfMissingException.sentence(
            LIBRARY, "it says it is version " + major + "." + libbpf_minor_version());
  }

  static native int libbpf_major_version();

  static native int libbpf_minor_version();

  static native @Nullable Pointer bpf_object__open_mem(Pointer buffer, long size, Pointer opts);

  static native int bpf_object__load(Pointer object);

  static native void bpf_object__close(Pointer object);

  static native @Nullable Pointer bpf_object__next_program(
      Pointer object, @Nullable Pointer previous);

  static native @Nullable Pointer bpf_object__next_map(Pointer object, @Nullable Pointer previous);

  static native String bpf_program__name(Pointer program);

  static native int bpf_program__fd(Pointer program);

  static native int bpf_program__set_autoload(Pointer program, byte autoload);

  static native int bpf_program__set_log_buf(Pointer program, Pointer buffer, long size);

  static native String bpf_map__name(Pointer map);

  static native int bpf_map__fd(Pointer map);

  static native int bpf_map__set_max_entries(Pointer map, int maxEntries);

  static native int bpf_map__type(Pointer map);

  static native int bpf_map__key_size(Pointer map);

  static native int bpf_map__value_size(Pointer map);

  static native int bpf_map__max_entries(Pointer map);

  static native int bpf_map__map_flags(Pointer map);

  static native int bpf_map__reuse_fd(Pointer map, int fd);

  static native int bpf_map_create(
      int type, String name, int keySize, int valueSize, int maxEntries, Pointer opts);

  static native int bpf_map_update_elem(int fd, Pointer key, Pointer value, long flags);

  static native int bpf_map_lookup_elem(int fd, Pointer key, Pointer value);

  static native int bpf_map_delete_elem(int fd, Pointer key);

  static native int bpf_map_get_next_key(int fd, @Nullable Pointer key, Pointer next);

  static native int bpf_map_update_batch(
      int fd, Pointer keys, Pointer values, IntByReference count, Pointer opts);

  static native int bpf_map_lookup_batch(
      int fd,
      @Nullable Pointer inBatch,
      Pointer outBatch,
      Pointer keys,
      Pointer values,
      IntByReference count,
      @Nullable Pointer opts);

  static native int bpf_map_get_fd_by_id(int id);

  static native int bpf_prog_get_fd_by_id(int id);

  static native int bpf_prog_get_next_id(int id, IntByReference next);

  static native int bpf_iter_create(int link);

  static native int bpf_obj_pin(int fd, String path);

  static native int bpf_obj_get(String path);

  static native int bpf_obj_get_info_by_fd(int fd, Pointer info, IntByReference size);

  static native int bpf_prog_attach(int program, int target, int attachType, int flags);

  static native int bpf_prog_query(
      int target,
      int attachType,
      int queryFlags,
      @Nullable Pointer attachFlags,
      Pointer programIds,
      IntByReference count);

  static native int bpf_link_create(
      int program, int target, int attachType, @Nullable Pointer opts);

  static native int bpf_link_detach(int link);

  static native int bpf_link_update(int link, int program, @Nullable Pointer opts);

  static native int bpf_raw_tracepoint_open(@Nullable String name, int program);
}
