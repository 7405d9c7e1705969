package dev.shunt.policy.random;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CgroupPath;
import dev.shunt.policy.Limits;
import dev.shunt.policy.Match;
import dev.shunt.policy.Metadata;
import dev.shunt.policy.NodeSelector;
import dev.shunt.policy.PolicySpec;
import dev.shunt.policy.PolicyYaml;
import dev.shunt.policy.match.SocketView;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Function;

/**
 * Takes away from a failing case whatever it fails without: policies, then entries and dimensions,
 * then the path's end.
 */
public final class Shrinker {

  /** A policy set and a socket for which something fails. */
  public record Case(List<AccelerationPolicy> policies, SocketView view) {

    @Override
    public String toString() {
      return view + "\n" + PolicyYaml.write(policies);
    }
  }

  private final BiPredicate<List<AccelerationPolicy>, SocketView> fails;

  public Shrinker(BiPredicate<List<AccelerationPolicy>, SocketView> fails) {
    this.fails = fails;
  }

  /** A case that still fails, and of which no single part can go. */
  public Case shrink(Case failing) {
    Case smallest = failing;
    while (true) {
      Case smaller = firstFailing(smaller(smallest));
      if (smaller == null) {
        return smallest;
      }
      smallest = smaller;
    }
  }

  private Case firstFailing(List<Case> cases) {
    return cases.stream().filter(c -> fails.test(c.policies, c.view)).findFirst().orElse(null);
  }

  private static List<Case> smaller(Case big) {
    List<Case> cases = new ArrayList<>();
    int size = big.policies.size();
    if (size > 3) {
      cases.add(new Case(big.policies.subList(0, size / 2), big.view));
      cases.add(new Case(big.policies.subList(size / 2, size), big.view));
    }
    for (int i = 0; i < size; i++) {
      cases.add(new Case(without(big.policies, i), big.view));
    }
    for (int i = 0; i < size; i++) {
      AccelerationPolicy policy = big.policies.get(i);
      AccelerationPolicy plain =
          new AccelerationPolicy(
              Metadata.named(policy.name()), withMatch(policy.spec(), policy.spec().match()));
      if (!plain.equals(policy)) {
        cases.add(new Case(with(big.policies, i, plain), big.view));
      }
      for (Match match : smaller(policy.spec().match())) {
        AccelerationPolicy narrower =
            new AccelerationPolicy(plain.metadata(), withMatch(policy.spec(), match));
        cases.add(new Case(with(big.policies, i, narrower), big.view));
      }
    }
    List<String> path = big.view.cgroup().components();
    if (!path.isEmpty()) {
      CgroupPath shorter = new CgroupPath(path.subList(0, path.size() - 1));
      cases.add(
          new Case(
              big.policies,
              new SocketView(
                  big.view.serverPort(), big.view.client(), big.view.server(), shorter)));
    }
    return cases;
  }

  private static List<Match> smaller(Match match) {
    List<Match> matches = new ArrayList<>();
    matches.addAll(
        each(
            match.ports(),
            ports -> new Match(ports, match.cgroups(), match.clients(), match.servers())));
    matches.addAll(
        each(
            match.cgroups(),
            groups -> new Match(match.ports(), groups, match.clients(), match.servers())));
    matches.addAll(
        each(
            match.clients(),
            clients -> new Match(match.ports(), match.cgroups(), clients, match.servers())));
    matches.addAll(
        each(
            match.servers(),
            servers -> new Match(match.ports(), match.cgroups(), match.clients(), servers)));
    return matches;
  }

  private static <T> List<Match> each(List<T> entries, Function<List<T>, Match> match) {
    List<Match> matches = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      matches.add(match.apply(without(entries, i)));
    }
    return matches;
  }

  private static <T> List<T> without(List<T> list, int index) {
    List<T> shorter = new ArrayList<>(list);
    shorter.remove(index);
    return shorter;
  }

  private static List<AccelerationPolicy> with(
      List<AccelerationPolicy> list, int index, AccelerationPolicy policy) {
    List<AccelerationPolicy> changed = new ArrayList<>(list);
    changed.set(index, policy);
    return changed;
  }

  /** Only what decides who wins; the rest is at its default. */
  private static PolicySpec withMatch(PolicySpec spec, Match match) {
    return new PolicySpec(
        spec.priority(),
        PolicySpec.DEFAULT_ACTION,
        PolicySpec.DEFAULT_MODE,
        NodeSelector.EVERY_NODE,
        match,
        PolicySpec.DEFAULT_ENROLMENT,
        PolicySpec.DEFAULT_BLOCKING_SOCKETS,
        Limits.DEFAULTS,
        List.of());
  }
}
