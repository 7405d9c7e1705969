package dev.shunt.policy.random;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Action;
import dev.shunt.policy.BlockingSockets;
import dev.shunt.policy.ByteSize;
import dev.shunt.policy.CgroupPath;
import dev.shunt.policy.CgroupPattern;
import dev.shunt.policy.Cidr;
import dev.shunt.policy.Enrolment;
import dev.shunt.policy.Expectation;
import dev.shunt.policy.IpAddress;
import dev.shunt.policy.IpAddress.Family;
import dev.shunt.policy.LabelRequirement;
import dev.shunt.policy.LabelRequirement.Operator;
import dev.shunt.policy.Limits;
import dev.shunt.policy.Match;
import dev.shunt.policy.Metadata;
import dev.shunt.policy.Mode;
import dev.shunt.policy.NodeSelector;
import dev.shunt.policy.PolicySpec;
import dev.shunt.policy.PolicyTest;
import dev.shunt.policy.PortRange;
import dev.shunt.policy.match.SocketView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Policies and connections drawn from so few ports, networks and names that they meet all the time,
 * and at their edges: nested and touching ranges, /0 and host prefixes, IPv4-mapped addresses, tied
 * priorities, deep cgroup trees.
 */
public final class RandomPolicies {

  private static final int[] PORTS = {
    1, 2, 80, 8_079, 8_080, 8_081, 15_000, 15_010, 65_534, 65_535
  };
  private static final int[] PRIORITIES = {0, 100, 100, 100, 101, 65_535};
  private static final String[] NAMES = {"a", "b", "kubepods.slice", "pod1", "pod10"};
  private static final String[] ADDRESSES = {
    "10.0.0.0",
    "10.1.2.3",
    "127.0.0.1",
    "255.255.255.255",
    "0.0.0.0",
    "::",
    "::1",
    "fd00::1:0",
    "fd00:ffff::",
    "::fffe:10.0.0.0"
  };
  private static final String[] LABELS = {"", "edge", "true", "1", "no", "1e3", "A_b.c-d"};

  /** Texts that a careless writer or reader gets wrong. */
  private static final String[] TEXTS = {
    "",
    " ",
    "null",
    "~",
    "yes",
    "0x10",
    "- a",
    "a: b",
    "a #b",
    "#",
    "'",
    "\"",
    "\\",
    "*a",
    "&a",
    "!t",
    "%",
    "@",
    "`",
    "{}",
    "[]",
    "line\nbreak",
    "tab\t",
    "\u0000\u0007\u007f\u0085",
    "\u2028\u2029\ufeff\ufffe\uffff",
    "grüße",
    "\ud83d\ude00",
    "...",
    "---",
    "\r\n"
  };

  private static final int DEEPEST = 12;

  /**
   * Patterns of one set come from this many: subsets of many patterns with several globs each have
   * no small automaton.
   */
  private static final int PATTERNS = 16;

  private final Random random;
  private final List<CgroupPattern> patterns = new ArrayList<>();

  public RandomPolicies(long seed) {
    this.random = new Random(seed);
  }

  /**
   * Between none and {@code most} policies, mostly few; each a valid document, with names in no
   * order.
   */
  public List<AccelerationPolicy> policies(int most) {
    return exactly(random.nextInt(8) == 0 ? most : random.nextInt(1 + Math.min(most, 12)));
  }

  /** So many policies, each a valid document, with names in no order. */
  public List<AccelerationPolicy> exactly(int count) {
    List<AccelerationPolicy> policies = new ArrayList<>();
    patterns.clear();
    for (int i = 0; i < PATTERNS; i++) {
      patterns.add(pattern());
    }
    for (int i = 0; i < count; i++) {
      policies.add(
          new AccelerationPolicy(Metadata.named("p" + (count - i)), spec(count > 100 ? 2 : 5)));
    }
    return policies;
  }

  public SocketView view() {
    Family family = random.nextBoolean() ? Family.V4 : Family.V6;
    return new SocketView(port(), address(family), address(family), path());
  }

  /**
   * A socket as {@link #view} draws it, whose addresses lie in these networks: real sockets cannot
   * have any address.
   */
  public SocketView viewWithin(List<Cidr> networks) {
    while (true) {
      SocketView view = view();
      if (networks.stream().anyMatch(network -> network.contains(view.client()))
          && networks.stream().anyMatch(network -> network.contains(view.server()))) {
        return view;
      }
    }
  }

  private Metadata metadata(String name) {
    return new Metadata(
        name, Map.of("team", pick(LABELS)), Map.of("example.com/note", pick(TEXTS)));
  }

  private NodeSelector nodes() {
    return switch (random.nextInt(4)) {
      case 0 -> new NodeSelector(Map.of("pool", pick(LABELS)), List.of());
      case 1 ->
          new NodeSelector(
              Map.of(),
              List.of(
                  new LabelRequirement("zone", Operator.IN, List.of("a", "b")),
                  new LabelRequirement("spot", Operator.DOES_NOT_EXIST, List.of())));
      default -> NodeSelector.EVERY_NODE;
    };
  }

  private List<PolicyTest> tests() {
    List<PolicyTest> tests = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      SocketView view = view();
      tests.add(
          new PolicyTest(
              view.client(),
              view.server(),
              view.serverPort(),
              view.cgroup(),
              Expectation.values()[random.nextInt(3)]));
    }
    return tests;
  }

  private String pick(String... texts) {
    return texts[random.nextInt(texts.length)];
  }

  private PolicySpec spec(int mostEntries) {
    Match match =
        new Match(
            withoutOverlaps(some(mostEntries, this::ports)),
            some(mostEntries, () -> patterns.get(random.nextInt(PATTERNS))),
            some(mostEntries, this::cidr),
            some(mostEntries, this::cidr));
    return new PolicySpec(
        PRIORITIES[random.nextInt(PRIORITIES.length)],
        random.nextInt(3) == 0 ? Action.BYPASS : Action.ACCELERATE,
        random.nextInt(3) == 0 ? Mode.OBSERVE : Mode.ENFORCE,
        nodes(),
        match,
        random.nextBoolean() ? Enrolment.SETTLED : Enrolment.HANDSHAKE,
        BlockingSockets.EXCLUDE,
        new Limits(new ByteSize(4_096 + random.nextInt(1 << 24)), 1 + random.nextInt(100_000)),
        tests());
  }

  private static List<PortRange> withoutOverlaps(List<PortRange> ranges) {
    List<PortRange> kept = new ArrayList<>();
    ranges.stream().filter(range -> kept.stream().noneMatch(range::overlaps)).forEach(kept::add);
    return kept;
  }

  private <T> List<T> some(int most, Supplier<T> entry) {
    List<T> entries = new ArrayList<>();
    int count = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(most);
    for (int i = 0; i < count; i++) {
      entries.add(entry.get());
    }
    return entries.stream().distinct().toList();
  }

  private int port() {
    int port = PORTS[random.nextInt(PORTS.length)] + random.nextInt(3) - 1;
    return Math.min(PortRange.HIGHEST, Math.max(PortRange.LOWEST, port));
  }

  private PortRange ports() {
    int one = port();
    int other = random.nextBoolean() ? one : port();
    return new PortRange(Math.min(one, other), Math.max(one, other));
  }

  private Cidr cidr() {
    IpAddress address = IpAddress.parse(ADDRESSES[random.nextInt(ADDRESSES.length)]);
    int bits = address.family().bits();
    int length =
        switch (random.nextInt(4)) {
          case 0 -> 0;
          case 1 -> bits;
          default -> random.nextInt(bits + 1);
        };
    Cidr cidr = Cidr.around(address, length);
    // The same network as IPv4-mapped text must mean the same.
    return cidr.family() == Family.V4 && random.nextBoolean()
        ? Cidr.parse("::ffff:" + cidr.base() + "/" + (96 + length))
        : cidr;
  }

  /**
   * Often one bit beside a network; that bit can make an address IPv4-mapped, and then it is of the
   * other family.
   */
  private IpAddress address(Family family) {
    IpAddress address;
    do {
      byte[] bytes = IpAddress.parse(pick(ADDRESSES)).bytes();
      if (random.nextBoolean()) {
        int bit = random.nextInt(bytes.length * 8);
        bytes[bit / 8] ^= (byte) (1 << bit % 8);
      }
      address = IpAddress.of(bytes);
    } while (address.family() != family);
    return address;
  }

  private CgroupPath path() {
    List<String> components = new ArrayList<>();
    int depth = random.nextInt(4) == 0 ? random.nextInt(DEEPEST + 1) : random.nextInt(4);
    for (int i = 0; i < depth; i++) {
      components.add(random.nextInt(10) == 0 ? "unknown" : NAMES[random.nextInt(NAMES.length)]);
    }
    return new CgroupPath(components);
  }

  private CgroupPattern pattern() {
    List<String> components = new ArrayList<>();
    for (String component : path().components()) {
      int dice = random.nextInt(5);
      boolean afterAnyDepth =
          !components.isEmpty()
              && components.get(components.size() - 1).equals(CgroupPattern.ANY_DEPTH);
      if (dice == 0 && !afterAnyDepth) {
        components.add(CgroupPattern.ANY_DEPTH);
      } else {
        components.add(dice == 1 ? CgroupPattern.ONE : component);
      }
    }
    return new CgroupPattern(components);
  }
}
