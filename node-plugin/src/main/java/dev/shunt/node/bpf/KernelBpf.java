package dev.shunt.node.bpf;

import com.sun.jna.Memory;
import com.sun.jna.ptr.IntByReference;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The running kernel's BPF subsystem. Stateless; safe for use by several threads, while each map
 * and descriptor belongs to one at a time. Everything but {@link #map} and {@link #pin} needs
 * CAP_BPF and CAP_NET_ADMIN, ids CAP_SYS_ADMIN.
 */
public final class KernelBpf implements BpfMaps {
  /** Where a program is attached; the numbers are those of {@code enum bpf_attach_type}. */
  public enum AttachType {
    CGROUP_INGRESS(0),
    CGROUP_EGRESS(1),
    CGROUP_SOCK_OPS(3),
    SK_SKB_STREAM_VERDICT(5),
    SK_MSG_VERDICT(7),
    TRACE_ITER(28);

    private final int number;

    AttachType(int number) {
      this.number = number;
    }
  }

  private static final Path VMLINUX_BTF = Path.of("/sys/kernel/btf/vmlinux");

  /** Size of {@code struct bpf_map_create_opts} of libbpf 1.0. */
  private static final int CREATE_OPTS = 48;

  private static final int CREATE_OPTS_INNER_MAP_FD = 24;
  private static final int CREATE_OPTS_MAP_FLAGS = 28;

  private static final int MAP_INFO = 128;
  private static final int LINK_INFO = 128;
  private static final int PROGRAM_INFO = 256;
  private static final int PROGRAM_INFO_NAME = 64;
  private static final int MAX_PROGRAMS = 64;
  private static final int WALK_BUFFER = 1 << 16;

  /**
   * @throws LibbpfMissingException when libbpf 1.x cannot be used
   */
  public KernelBpf() {
    Libbpf.ensureLoaded();
  }

  @Override
  public BpfMap create(MapSpec spec) {
    return create(spec, 0);
  }

  @Override
  public BpfMap createOuter(MapSpec spec, BpfMap template) {
    return create(spec, ((KernelMap) template).fd().number());
  }

  private static BpfMap create(MapSpec spec, int innerFd) {
    try (Memory opts = new Memory(CREATE_OPTS)) {
      opts.clear();
      opts.setLong(0, CREATE_OPTS);
      opts.setInt(CREATE_OPTS_INNER_MAP_FD, innerFd);
      opts.setInt(CREATE_OPTS_MAP_FLAGS, spec.flags());
      int fd =
          Libbpf.bpf_map_create(
              spec.type().number(),
              spec.name(),
              spec.keySize(),
              spec.valueSize(),
              spec.maxEntries(),
              opts);
      return new KernelMap(spec, BpfFd.of("bpf_map_create", spec.name(), fd));
    }
  }

  /** The map pinned at a path; its shape is what the kernel says. */
  public BpfMap openMap(Path pin) {
    return map(open(pin));
  }

  /** Any pinned object: map, program or link. */
  public BpfFd open(Path pin) {
    return BpfFd.of("bpf_obj_get", pin.toString(), Libbpf.bpf_obj_get(pin.toString()));
  }

  public void pin(BpfMap map, Path pin) {
    pin(((KernelMap) map).fd(), pin);
  }

  public void pin(BpfFd fd, Path pin) {
    check("bpf_obj_pin " + pin, Libbpf.bpf_obj_pin(fd.number(), pin.toString()));
  }

  static BpfMap map(BpfFd fd) {
    try (Memory info = info(fd, MAP_INFO)) {
      MapSpec spec =
          new MapSpec(
              MapType.of(info.getInt(0)),
              info.getString(24),
              info.getInt(8),
              info.getInt(12),
              info.getInt(16),
              info.getInt(20));
      return new KernelMap(spec, fd);
    } catch (RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  /**
   * Attaches a program to a cgroup by a link, beside whatever programs others have there (kernel
   * 5.7). The link holds as long as its descriptor is open or it is pinned.
   */
  public BpfFd linkToCgroup(BpfFd program, BpfFd cgroup) {
    return link(program, cgroup, AttachType.CGROUP_SOCK_OPS);
  }

  /** Attaches a program to a sockhash by a link (kernel 6.10). */
  public BpfFd linkToSockets(BpfFd program, BpfMap sockets, AttachType type) {
    return link(program, ((KernelMap) sockets).fd(), type);
  }

  /**
   * Attaches a program to a sockhash without a link; it holds as long as the map is pinned or open.
   */
  public void attachToSockets(BpfFd program, BpfMap sockets, AttachType type) {
    check(
        "bpf_prog_attach " + program.name(),
        Libbpf.bpf_prog_attach(
            program.number(), ((KernelMap) sockets).fd().number(), type.number, 0));
  }

  /**
   * Makes an iterator of an iter program (kernel 5.8). Once pinned, every open(2) and read to the
   * end of the pin is one walk, in the network namespace of the thread that opened it.
   */
  public BpfFd linkIterator(BpfFd program) {
    return link(program, 0, AttachType.TRACE_ITER);
  }

  /** Whether the kernel has a tracepoint of that name, as its BTF says. */
  public boolean hasTracepoint(String name) {
    try {
      // A string table, each name between zeroes.
      String types = Files.readString(VMLINUX_BTF, StandardCharsets.ISO_8859_1);
      return types.contains("\0btf_trace_" + name + "\0");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + VMLINUX_BTF, e);
    }
  }

  /** Attaches a tp_btf program to the tracepoint its section names. */
  public BpfFd linkToTracepoint(BpfFd program) {
    return BpfFd.of(
        "bpf_raw_tracepoint_open",
        program.name(),
        Libbpf.bpf_raw_tracepoint_open(null, program.number()));
  }

  private static BpfFd link(BpfFd program, BpfFd target, AttachType type) {
    return link(program, target.number(), type);
  }

  private static BpfFd link(BpfFd program, int target, AttachType type) {
    return BpfFd.of(
        "bpf_link_create " + type,
        program.name(),
        Libbpf.bpf_link_create(program.number(), target, type.number, null));
  }

  /** Puts another program in the place of a link's, at once and without a gap. */
  public void update(BpfFd link, BpfFd program) {
    check(
        "bpf_link_update " + link.name() + " to " + program.name(),
        Libbpf.bpf_link_update(link.number(), program.number(), null));
  }

  /**
   * Takes the program off at once, for whoever else holds the link too. The link stays, defunct.
   * Links that cannot be detached are left: they end with their last pin and descriptor.
   */
  public void detach(BpfFd link) {
    int result = Libbpf.bpf_link_detach(link.number());
    if (result < 0 && result != -Errno.EOPNOTSUPP && result != -Errno.EINVAL) {
      throw new BpfException("bpf_link_detach " + link.name(), -result);
    }
  }

  /** Id of the cgroup a link sits on; 0 once the cgroup was removed or the link detached. */
  public long cgroupOf(BpfFd link) {
    try (Memory info = info(link, LINK_INFO)) {
      return info.getLong(16);
    }
  }

  /** Reads an iterator to its end, from the calling thread's network namespace. */
  public void walk(BpfFd link) {
    int number = Libbpf.bpf_iter_create(link.number());
    try (BpfFd iterator = BpfFd.of("bpf_iter_create", link.name(), number);
        Memory unused = new Memory(WALK_BUFFER)) {
      int read;
      do {
        read = Libc.negativeErrno((int) Libc.read(iterator.number(), unused, WALK_BUFFER));
        check("read of the iterator " + link.name(), read == -Errno.EAGAIN ? 1 : read);
      } while (read != 0);
    }
  }

  /**
   * A program in the kernel.
   *
   * @param type number of {@code enum bpf_prog_type}
   * @param name cut to 15 characters by the kernel; empty when it has none
   */
  public record Program(int id, int type, String name) {
    @Override
    public String toString() {
      return name.isEmpty() ? "program " + id : name + " (program " + id + ")";
    }
  }

  /** A loaded program by its id; nothing when it has ended. */
  public Optional<Program> program(int id) {
    int fd = Libbpf.bpf_prog_get_fd_by_id(id);
    if (fd == -Errno.ENOENT) {
      return Optional.empty();
    }
    try (BpfFd program = BpfFd.of("bpf_prog_get_fd_by_id", "program " + id, fd);
        Memory info = info(program, PROGRAM_INFO)) {
      return Optional.of(
          new Program(id, info.getInt(0), info.getString(PROGRAM_INFO_NAME, "US-ASCII")));
    }
  }

  /** Every program in the kernel. */
  public List<Program> programs() {
    List<Program> found = new ArrayList<>();
    IntByReference next = new IntByReference(0);
    int result = Libbpf.bpf_prog_get_next_id(0, next);
    while (result == 0) {
      program(next.getValue()).ifPresent(found::add);
      result = Libbpf.bpf_prog_get_next_id(next.getValue(), next);
    }
    if (result != -Errno.ENOENT) {
      check("bpf_prog_get_next_id", result);
    }
    return List.copyOf(found);
  }

  /** For example {@code 1.1}. */
  public String libraryVersion() {
    return Libbpf.libbpf_major_version() + "." + Libbpf.libbpf_minor_version();
  }

  /** Ids of the programs attached to a cgroup itself, links included. */
  public List<Integer> programsOf(BpfFd cgroup, AttachType type) {
    IntByReference count = new IntByReference(MAX_PROGRAMS);
    try (Memory ids = new Memory(4L * MAX_PROGRAMS)) {
      check(
          "bpf_prog_query " + cgroup.name(),
          Libbpf.bpf_prog_query(cgroup.number(), type.number, 0, null, ids, count));
      List<Integer> found = new ArrayList<>();
      for (int i = 0; i < count.getValue(); i++) {
        found.add(ids.getInt(4L * i));
      }
      return List.copyOf(found);
    }
  }

  /** A cgroup's folder, opened to attach to it. */
  public BpfFd openFolder(Path folder) {
    int fd =
        Libc.negativeErrno(
            Libc.open(folder.toString(), Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC));
    return BpfFd.of("open", folder.toString(), fd);
  }

  /** All of {@code struct bpf_*_info} that this kernel fills; the rest is zero. */
  private static Memory info(BpfFd fd, int size) {
    Memory info = new Memory(size);
    info.clear();
    int result = Libbpf.bpf_obj_get_info_by_fd(fd.number(), info, new IntByReference(size));
    if (result < 0) {
      info.close();
      throw new BpfException("bpf_obj_get_info_by_fd " + fd.name(), -result);
    }
    return info;
  }

  private static void check(String operation, int result) {
    if (result < 0) {
      throw new BpfException(operation, -result);
    }
  }
}
