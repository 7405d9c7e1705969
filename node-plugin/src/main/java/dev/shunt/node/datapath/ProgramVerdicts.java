package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMap.Put;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.MapEntries;
import dev.shunt.node.programs.HostProcesses;
import dev.shunt.node.programs.SpliceJudge;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Answers what the BPF programs ask about processes ({@code struct shunt_process}), and tells once
 * of every program and every cgroup that is left alone because of splice(2). One thread.
 */
final class ProgramVerdicts implements AutoCloseable {
  static final int NEVER_SPLICES = 1;
  private static final int MAY_SPLICE = 2;

  /** Who waits asks again at every walk, at the latest after some seconds. */
  private static final Duration LATELY = Duration.ofMinutes(1);

  private final BpfMap asked;
  private final BpfMap programs;
  private final BpfMap splicers;
  private final SpliceJudge judge;
  private final Consumer<String> notices;
  private final Set<String> told = new HashSet<>();

  /** Why questions are not answered; null when processes can be looked at. */
  private final @Nullable String blindness = blindness();

  private volatile @Nullable Long unansweredAt;

  ProgramVerdicts(KernelBpf bpf, PinFolder folder, SpliceJudge judge, Consumer<String> notices) {
    this.asked = bpf.openMap(folder.pin(Abi.ASKED));
    this.programs = bpf.openMap(folder.pin(Abi.PROGRAMS));
    this.splicers = bpf.openMap(folder.pin(Abi.SPLICERS));
    this.judge = judge;
    this.notices = notices;
    judgeAnew();
  }

  /**
   * Old verdicts may have been made with other settings. They are replaced, not forgotten, for a
   * connection of a program that is not known must leave.
   */
  private void judgeAnew() {
    MapEntries old = programs.readAll();
    for (int i = 0; i < old.count(); i++) {
      if (!judge(old.key(i))) {
        programs.delete(old.key(i));
      }
    }
  }

  void answer() {
    MapEntries questions = asked.readAll();
    for (int i = 0; i < questions.count(); i++) {
      byte[] process = questions.key(i);
      if (!judge(process) && blindness != null) {
        unansweredAt = System.nanoTime();
        tell(blindness);
      }
      asked.delete(process);
    }
  }

  /** False when nothing is to be found of the process. */
  private boolean judge(byte[] process) {
    ByteBuffer key = Abi.wrap(process);
    long started = key.getLong();
    key.getLong();
    SpliceJudge.@Nullable Judgement judgement = judge.judge(key.getInt(), started);
    if (judgement == null) {
      return false;
    }
    boolean possible = judgement.use().isPossible();
    programs.put(process, Abi.index(possible ? MAY_SPLICE : NEVER_SPLICES), Put.ANY);
    if (possible) {
      tell(
          ("connections of %s go by TCP: it %s, and splice(2) does not see redirected data;"
                  + " if it never splices a connection, name it in trusted-programs")
              .formatted(judgement.executable(), judgement.use().reason()));
    }
    return true;
  }

  /** Cgroups whose programs were caught at it. */
  void tellOfSplicers() {
    MapEntries caught = splicers.readAll();
    for (int i = 0; i < caught.count(); i++) {
      tell(
          ("a program in the cgroup with id %d reads connections with splice(2):"
                  + " those of the cgroup go by TCP from now on")
              .formatted(Abi.wrap(caught.key(i)).getLong()));
    }
  }

  /** That connections wait for answers which cannot be given; any thread may ask. */
  List<String> problems() {
    Long last = unansweredAt;
    boolean lately = last != null && System.nanoTime() - last < LATELY.toNanos();
    return lately && blindness != null ? List.of(blindness) : List.of();
  }

  private static @Nullable String blindness() {
    String obstacle = HostProcesses.obstacle();
    return obstacle == null
        ? null
        : "connections of enrolment Settled go by TCP, for the agent cannot look at the programs that use them: "
            + obstacle
            + "; or choose enrolment: Handshake for programs that never splice";
  }

  private void tell(String sentence) {
    if (told.add(sentence)) {
      notices.accept(sentence);
    }
  }

  @Override
  public void close() {
    asked.close();
    programs.close();
    splicers.close();
  }
}
