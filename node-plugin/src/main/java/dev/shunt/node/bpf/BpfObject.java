package dev.shunt.node.bpf;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A compiled BPF object: opened, adjusted, loaded into the kernel, then pinned. After {@link
 * #close} only what was pinned, or is used by something that runs, lives on. One thread.
 */
public final class BpfObject implements AutoCloseable {
  /**
   * Enough for the tail of any verifier log, which is where the reason stands; untouched pages cost
   * nothing.
   */
  private static final int LOG_SIZE = 4 << 20;

  private final Memory elf;
  private final Map<String, Pointer> maps = new LinkedHashMap<>();
  private final Map<String, Pointer> programs = new LinkedHashMap<>();
  private final Map<String, Memory> logs = new LinkedHashMap<>();
  private @Nullable Pointer object;

  private BpfObject(Memory elf, Pointer object) {
    this.elf = elf;
    this.object = object;
    for (Pointer p = next(null); p != null; p = next(p)) {
      programs.put(Libbpf.bpf_program__name(p), p);
    }
    for (Pointer m = Libbpf.bpf_object__next_map(object, null);
        m != null;
        m = Libbpf.bpf_object__next_map(object, m)) {
      maps.put(Libbpf.bpf_map__name(m), m);
    }
  }

  /** Parses an ELF file; nothing reaches the kernel yet. */
  public static BpfObject open(byte[] bytes) {
    Libbpf.ensureLoaded();
    Memory elf = new Memory(bytes.length);
    elf.write(0, bytes, 0, bytes.length);
    Pointer object = Libbpf.bpf_object__open_mem(elf, bytes.length, Pointer.NULL);
    if (object == null) {
      int errno = Native.getLastError();
      elf.close();
      throw new BpfException("bpf_object__open_mem", errno);
    }
    return new BpfObject(elf, object);
  }

  public List<String> mapNames() {
    return List.copyOf(maps.keySet());
  }

  public List<String> programNames() {
    return List.copyOf(programs.keySet());
  }

  /** Before {@link #load}. */
  public void setMaxEntries(String map, int entries) {
    check("bpf_map__set_max_entries " + map, Libbpf.bpf_map__set_max_entries(map(map), entries));
  }

  /** What {@link #load} will make, after {@link #setMaxEntries}. */
  public MapSpec mapSpec(String name) {
    Pointer map = map(name);
    return new MapSpec(
        MapType.of(Libbpf.bpf_map__type(map)),
        name,
        Libbpf.bpf_map__key_size(map),
        Libbpf.bpf_map__value_size(map),
        Libbpf.bpf_map__max_entries(map),
        Libbpf.bpf_map__map_flags(map));
  }

  /** Before {@link #load}: the programs will use this map instead of a new one. */
  public void reuse(String name, BpfMap existing) {
    check(
        "bpf_map__reuse_fd " + name,
        Libbpf.bpf_map__reuse_fd(map(name), ((KernelMap) existing).fd().number()));
  }

  /** Before {@link #load}: leaves a program out, also of {@link #programNames}. */
  public void skip(String program) {
    check(
        "bpf_program__set_autoload " + program,
        Libbpf.bpf_program__set_autoload(program(program), (byte) 0));
    programs.remove(program);
  }

  /**
   * Creates the maps and has the verifier check the programs.
   *
   * @throws BpfException with the verifier's log of the program it refused
   */
  public void load() {
    programs.forEach(
        (name, program) -> {
          Memory log = new Memory(LOG_SIZE);
          log.setByte(0, (byte) 0);
          logs.put(name, log);
          // Asked for only after a refusal: libbpf loads once without a log, which is faster, and
          // again with it.
          check(
              "bpf_program__set_log_buf " + name,
              Libbpf.bpf_program__set_log_buf(program, log, LOG_SIZE));
        });
    int result = Libbpf.bpf_object__load(live());
    if (result < 0) {
      // Programs are loaded in order and the first refusal ends it, so the last log is the refused
      // program's.
      String refused = "";
      String text = "";
      for (Map.Entry<String, Memory> log : logs.entrySet()) {
        String words = log.getValue().getString(0, StandardCharsets.UTF_8.name());
        if (!words.isBlank()) {
          refused = " " + log.getKey();
          text = words;
        }
      }
      throw new BpfException("bpf_object__load" + refused, -result, text);
    }
  }

  /** After {@link #load}. */
  public void pinMap(String map, Path pin) {
    check("bpf_obj_pin " + pin, Libbpf.bpf_obj_pin(Libbpf.bpf_map__fd(map(map)), pin.toString()));
  }

  /** After {@link #load}. */
  public void pinProgram(String program, Path pin) {
    check(
        "bpf_obj_pin " + pin,
        Libbpf.bpf_obj_pin(Libbpf.bpf_program__fd(program(program)), pin.toString()));
  }

  /** A handle of the caller's own, after {@link #load}. */
  public BpfMap openMap(String map) {
    return KernelBpf.map(copy(map, Libbpf.bpf_map__fd(map(map))));
  }

  /** A handle of the caller's own, after {@link #load}. */
  public BpfFd openProgram(String program) {
    return copy(program, Libbpf.bpf_program__fd(program(program)));
  }

  /** Java closes what is open before it starts another program, so the copy needs no CLOEXEC. */
  private static BpfFd copy(String name, int fd) {
    return BpfFd.of("dup", name, Libc.negativeErrno(Libc.dup(fd)));
  }

  @Override
  public void close() {
    if (object != null) {
      Libbpf.bpf_object__close(object);
      object = null;
      maps.clear();
      programs.clear();
      logs.values().forEach(Memory::close);
      elf.close();
    }
  }

  private Pointer live() {
    if (object == null) {
      throw new IllegalStateException("the BPF object is closed");
    }
    return object;
  }

  private @Nullable Pointer next(@Nullable Pointer program) {
    return Libbpf.bpf_object__next_program(live(), program);
  }

  private Pointer map(String name) {
    Pointer map = maps.get(name);
    if (map == null) {
      throw new IllegalArgumentException(
          "expected a map " + name + " in the BPF object, found " + maps.keySet());
    }
    return map;
  }

  private Pointer program(String name) {
    Pointer program = programs.get(name);
    if (program == null) {
      throw new IllegalArgumentException(
          "expected a program " + name + " in the BPF object, found " + programs.keySet());
    }
    return program;
  }

  private static void check(String operation, int result) {
    if (result < 0) {
      throw new BpfException(operation, -result);
    }
  }
}
