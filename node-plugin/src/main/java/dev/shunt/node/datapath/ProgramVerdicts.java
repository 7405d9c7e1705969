package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMap.Put;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.MapEntries;
import dev.shunt.node.programs.SpliceJudge;
import java.nio.ByteBuffer;
import java.util.HashSet;
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

  private final BpfMap asked;
  private final BpfMap programs;
  private final BpfMap splicers;
  private final SpliceJudge judge;
  private final Consumer<String> notices;
  private final Set<String> told = new HashSet<>();

  ProgramVerdicts(KernelBpf bpf, PinFolder folder, SpliceJudge judge, Consumer<String> notices) {
    this.asked = bpf.openMap(folder.pin(Abi.ASKED));
    this.programs = bpf.openMap(folder.pin(Abi.PROGRAMS));
    this.splicers = bpf.openMap(folder.pin(Abi.SPLICERS));
    this.judge = judge;
    this.notices = notices;
    forgetOldVerdicts();
  }

  /** They may have been made with other settings. */
  private void forgetOldVerdicts() {
    MapEntries old = programs.readAll();
    for (int i = 0; i < old.count(); i++) {
      programs.delete(old.key(i));
    }
  }

  void answer() {
    MapEntries questions = asked.readAll();
    for (int i = 0; i < questions.count(); i++) {
      byte[] process = questions.key(i);
      ByteBuffer key = Abi.wrap(process);
      long started = key.getLong();
      key.getLong();
      SpliceJudge.@Nullable Judgement judgement = judge.judge(key.getInt(), started);
      if (judgement != null) {
        boolean possible = judgement.use().isPossible();
        programs.put(process, Abi.index(possible ? MAY_SPLICE : NEVER_SPLICES), Put.ANY);
        if (possible) {
          tell(
              ("connections of %s go by TCP: it %s, and splice(2) does not see redirected data;"
                      + " if it never splices a connection, name it in trusted-programs")
                  .formatted(judgement.executable(), judgement.use().reason()));
        }
      }
      asked.delete(process);
    }
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
