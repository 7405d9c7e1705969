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
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Walks by reading pinned iterators to their end from inside a namespace. */
final class PinnedWalks implements Walks, AutoCloseable {
  private final PinFolder folder;
  private final BpfMap work;
  private final @Nullable BpfMap young;
  private final @Nullable ProgramVerdicts programs;
  private final NetworkNamespace home = NetworkNamespaces.own();

  /**
   * @param work {@code shunt_work}; closed with this object
   * @param young {@code shunt_young}; closed with this object; null for walks that enrol nobody
   * @param programs closed with this object; null likewise
   */
  PinnedWalks(
      PinFolder folder, BpfMap work, @Nullable BpfMap young, @Nullable ProgramVerdicts programs) {
    this.folder = folder;
    this.work = work;
    this.young = young;
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
  public Map<Long, Waiting> waiting() {
    MapEntries rows = work.readAll();
    Map<Long, Waiting> waiting = new HashMap<>();
    for (int i = 0; i < rows.count(); i++) {
      ByteBuffer row = Abi.wrap(rows.value(i));
      Waiting who =
          new Waiting(
              row.getLong(0),
              tells(row, Abi.WORK_URGENT),
              tells(row, Abi.WORK_PATIENT),
              tells(row, Abi.WORK_MEASURED));
      if (who.candidates() != 0 || who.patient()) {
        waiting.put(Integer.toUnsignedLong(Abi.wrap(rows.key(i)).getInt()), who);
      }
    }
    return waiting;
  }

  /** Of a u64 its low half; false in layouts that do not have that yet. */
  private static boolean tells(ByteBuffer row, int offset) {
    return row.capacity() > offset && row.getInt(offset) != 0;
  }

  @Override
  public Map<Long, Long> settled(long before) {
    Map<Long, Long> settled = new HashMap<>();
    if (young == null) {
      return settled;
    }
    MapEntries rows = young.readAll();
    for (int i = 0; i < rows.count(); i++) {
      long mark = youngestSettled(Abi.wrap(rows.value(i)), before);
      if (mark != 0) {
        settled.put(Integer.toUnsignedLong(Abi.wrap(rows.key(i)).getInt()), mark);
      }
    }
    return settled;
  }

  /** Of the epochs that were over and have survivors, the last, and how many those are; else 0. */
  private static long youngestSettled(ByteBuffer epochs, long before) {
    long youngest = 0;
    while (epochs.hasRemaining()) {
      long alive = epochs.getLong();
      long epoch = alive >> Abi.YOUNG_COUNT;
      boolean hasSurvivors = alive != epoch << Abi.YOUNG_COUNT;
      if (hasSurvivors && epoch < before >> Abi.YOUNG_SHIFT) {
        youngest = Math.max(youngest, alive);
      }
    }
    return youngest;
  }

  @Override
  public void clearWaiting(long namespace) {
    byte[] key = Abi.index((int) namespace);
    ByteBuffer row = Abi.bytes(work.spec().valueSize());
    if (row.capacity() > Abi.WORK_WALKED) { // not in layouts before 5
      row.putLong(Abi.WORK_WALKED, System.nanoTime());
    }
    work.put(key, row.array(), Put.ANY);
  }

  @Override
  public void close() {
    if (programs != null) {
      programs.close();
    }
    if (young != null) {
      young.close();
    }
    work.close();
  }
}
