package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMap.Put;
import dev.shunt.node.bpf.MapEntries;
import dev.shunt.node.bpf.NetworkNamespace;
import dev.shunt.node.bpf.NetworkNamespaces;
import dev.shunt.node.bpf.PinnedIterator;
import dev.shunt.node.conductor.Walks;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Walks by reading pinned iterators to their end from inside a namespace. */
final class PinnedWalks implements Walks, AutoCloseable {
  private final PinFolder folder;
  private final BpfMap work;
  private final @Nullable ProgramVerdicts programs;
  private final NetworkNamespace home = NetworkNamespaces.own();

  /**
   * @param work {@code shunt_work}; closed with this object
   * @param programs closed with this object; null for walks that enrol nobody
   */
  PinnedWalks(PinFolder folder, BpfMap work, @Nullable ProgramVerdicts programs) {
    this.folder = folder;
    this.work = work;
    this.programs = programs;
  }

  @Override
  public void answerQuestions() {
    if (programs != null) {
      programs.answer();
      programs.tellOfSplicers();
    }
  }

  /** What keeps connections from being tended, in sentences. */
  List<String> problems() {
    return programs == null ? List.of() : programs.problems();
  }

  @Override
  public long walk(Kind kind, NetworkNamespace namespace) {
    Path iterator =
        folder.pin(
            switch (kind) {
              case CONDUCT -> PinFolder.CONDUCTOR_ITERATOR;
              case ADOPT -> PinFolder.ADOPTER_ITERATOR;
            });
    AtomicLong written = new AtomicLong();
    namespace.inside(
        home,
        () -> {
          // A walk looks through the hash table of the whole machine, whoever's sockets it wants.
          if (NetworkNamespaces.thisThreadsHasTcpSockets()) {
            written.set(PinnedIterator.readToEnd(iterator)); // which is what walks
          }
        });
    return written.get();
  }

  @Override
  public Map<Long, Long> waiting() {
    MapEntries rows = work.readAll();
    Map<Long, Long> waiting = new HashMap<>();
    for (int i = 0; i < rows.count(); i++) {
      long count = Abi.wrap(rows.value(i)).getLong();
      if (count != 0) {
        waiting.put(Integer.toUnsignedLong(Abi.wrap(rows.key(i)).getInt()), count);
      }
    }
    return waiting;
  }

  @Override
  public Set<Long> urgent() {
    MapEntries rows = work.readAll();
    Set<Long> urgent = new HashSet<>();
    for (int i = 0; i < rows.count(); i++) {
      ByteBuffer row = Abi.wrap(rows.value(i));
      boolean tells = row.capacity() > Long.BYTES; // not in layouts before 4
      if (tells && row.getLong(Long.BYTES) != 0) {
        urgent.add(Integer.toUnsignedLong(Abi.wrap(rows.key(i)).getInt()));
      }
    }
    return urgent;
  }

  @Override
  public void clearWaiting(long namespace) {
    byte[] key = Abi.index((int) namespace);
    if (work.get(key) != null) {
      work.put(key, new byte[work.spec().valueSize()], Put.ANY);
    }
  }

  @Override
  public void close() {
    if (programs != null) {
      programs.close();
    }
    work.close();
  }
}
