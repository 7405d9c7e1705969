package dev.shunt.node.datapath;

/** Ends a procedure before a step, as a killed process would: nothing of it runs any more. */
final class SimulatedCrash extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private SimulatedCrash(String where) {
    super(where);
  }

  static SimulatedCrash ofProcess() {
    return new SimulatedCrash("the process is dead");
  }

  static InstallStep.Listener at(InstallStep death) {
    return step -> dieAt(death, step);
  }

  static ProgramUpgrade.Step.Listener at(ProgramUpgrade.Step death) {
    return step -> dieAt(death, step);
  }

  static ApplyStep.Listener at(ApplyStep death) {
    return step -> dieAt(death, step);
  }

  private static void dieAt(Enum<?> death, Enum<?> step) {
    if (step == death) {
      throw new SimulatedCrash("before " + step);
    }
  }
}
