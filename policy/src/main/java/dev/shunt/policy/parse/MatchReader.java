package dev.shunt.policy.parse;

import dev.shunt.policy.CgroupPattern;
import dev.shunt.policy.Cidr;
import dev.shunt.policy.Match;
import dev.shunt.policy.PortRange;
import dev.shunt.policy.ProblemCode;
import dev.shunt.policy.Quoted;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads {@code spec.match}. */
final class MatchReader {

  private final DocumentProblems problems;

  private record Located<T>(T value, Node node) {}

  MatchReader(DocumentProblems problems) {
    this.problems = problems;
  }

  Match read(@Nullable MapReader reader) {
    if (reader == null) {
      return Match.ANY;
    }
    List<Located<PortRange>> ports =
        reader.values(
            "ports",
            false,
            node ->
                located(node, reader.value(node, reader.textOrInteger(node), PortRange::parse)));
    List<Located<CgroupPattern>> cgroups = entries(reader, "cgroups", CgroupPattern::parse);
    List<Located<Cidr>> clients = entries(reader, "clients", Cidr::parse);
    List<Located<Cidr>> servers = entries(reader, "servers", Cidr::parse);
    reader.finish();
    reportOverlaps(ports);
    reportRepeats(cgroups);
    reportRepeats(clients);
    reportRepeats(servers);
    return new Match(values(ports), values(cgroups), values(clients), values(servers));
  }

  private <T> List<Located<T>> entries(MapReader reader, String field, Function<String, T> parser) {
    return reader.values(
        field, false, node -> located(node, reader.value(node, reader.text(node), parser)));
  }

  private static <T> @Nullable Located<T> located(Node node, @Nullable T value) {
    return value == null ? null : new Located<>(value, node);
  }

  private static <T> List<T> values(List<Located<T>> entries) {
    return entries.stream().map(Located::value).toList();
  }

  private void reportOverlaps(List<Located<PortRange>> ports) {
    List<Located<PortRange>> sorted = new ArrayList<>(ports);
    sorted.sort(Comparator.comparingInt(entry -> entry.value().first()));
    Located<PortRange> widest = null;
    for (Located<PortRange> entry : sorted) {
      if (widest != null && widest.value().overlaps(entry.value())) {
        reportOverlap(widest, entry);
      }
      if (widest == null || entry.value().last() > widest.value().last()) {
        widest = entry;
      }
    }
  }

  private void reportRepeats(List<? extends Located<?>> entries) {
    Map<Object, Located<?>> seen = new HashMap<>();
    for (Located<?> entry : entries) {
      Located<?> first = seen.putIfAbsent(entry.value(), entry);
      if (first != null) {
        reportOverlap(first, entry);
      }
    }
  }

  private void reportOverlap(Located<?> other, Located<?> entry) {
    problems.add(
        ProblemCode.OVERLAPPING_RANGES,
        entry.node(),
        "entries that do not overlap",
        Quoted.of(entry.value().toString())
            + ", which overlaps "
            + other.node().path()
            + " "
            + Quoted.of(other.value().toString()),
        "merge or remove one of them");
  }
}
