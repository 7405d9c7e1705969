package dev.shunt.node.cli;

import dev.shunt.node.check.CheckLine;
import dev.shunt.node.check.CheckReport;
import dev.shunt.node.check.HostCheck;
import dev.shunt.node.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code shunt-node check}: whether this machine is fit, and if not, what is missing. */
@Command(
    name = "check",
    description =
        "Say what this machine has and lacks, and what Shunt will therefore do; tries it, leaves nothing.")
final class CheckCommand implements Callable<Integer> {

  private final World world;

  @Mixin CommonOptions common = new CommonOptions();

  @Option(names = "--json", description = "One JSON object on one line.")
  boolean json;

  CheckCommand(World world) {
    this.world = world;
  }

  @Override
  public Integer call() throws InterruptedException {
    Settings settings = common.settings(world);
    CheckReport report = HostCheck.run(settings.cgroup(), settings.pinDir());
    if (json) {
      world.out().println(Json.write(json(report)));
    } else {
      text(report).forEach(world.out()::println);
    }
    return (report.fit() ? ExitCode.OK : ExitCode.FAILED).number();
  }

  private static Map<String, Object> json(CheckReport report) {
    var lines = new ArrayList<Map<String, Object>>();
    for (CheckLine line : report.lines()) {
      var members = new LinkedHashMap<String, Object>();
      members.put("name", line.name());
      members.put("tried", line.tried());
      members.put("seen", line.seen());
      members.put("effect", line.effect().word());
      members.put("advice", line.advice());
      lines.add(members);
    }
    var members = new LinkedHashMap<String, Object>();
    members.put("fit", report.fit());
    members.put("effect", report.effect().word());
    members.put("lines", lines);
    return members;
  }

  private static List<String> text(CheckReport report) {
    var rows = new ArrayList<List<String>>();
    rows.add(Human.row("CHECK", "SHUNT WILL", "TRIED", "SEEN"));
    for (CheckLine line : report.lines()) {
      String seen = line.advice().isEmpty() ? line.seen() : line.seen() + "; " + line.advice();
      rows.add(Human.row(line.name(), line.effect().word(), line.tried(), seen));
    }
    var lines = new ArrayList<>(Human.wordTable(rows));
    lines.add(
        report.fit()
            ? "fit: Shunt accelerates on this machine (" + report.effect().word() + ")"
            : "unfit: Shunt refuses to accelerate on this machine, see the lines marked refuse");
    return lines;
  }
}
