package dev.shunt.policy.random;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CanonicalJson;
import dev.shunt.policy.PolicyYaml;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Random policies as YAML or JSON, after a few accidents: some bytes lost, moved, flipped or
 * replaced by what means something to a parser.
 */
public final class MutatedDocuments {

  private static final String[] TOKENS = {
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "- ",
    "? ",
    "\n",
    "\r",
    "\t",
    "---\n",
    "...\n",
    "&a ",
    "*a",
    "!!str ",
    "\"",
    "'",
    "|\n",
    ">-\n",
    "#",
    "%YAML 1.2\n",
    "\u0000",
    "\u2028",
    "\ufeff",
    "\ud83d\ude00",
    "null",
    "0x1",
    "65536",
    "::ffff:",
    "/0",
    "**",
    "spec:",
    "  "
  };

  private final Random random;
  private final List<byte[]> originals;

  public MutatedDocuments(long seed) {
    this.random = new Random(seed);
    this.originals = originals(seed);
  }

  public byte[] next() {
    byte[] mutated = originals.get(random.nextInt(originals.size()));
    for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
      mutated = mutate(mutated, random);
    }
    return mutated;
  }

  private static List<byte[]> originals(long seed) {
    List<byte[]> originals = new ArrayList<>();
    RandomPolicies random = new RandomPolicies(seed);
    while (originals.size() < 200) {
      for (AccelerationPolicy policy : random.policies(4)) {
        originals.add(CanonicalJson.write(policy));
        originals.add(PolicyYaml.write(policy).getBytes(StandardCharsets.UTF_8));
      }
    }
    return originals;
  }

  private static byte[] mutate(byte[] text, Random random) {
    int at = random.nextInt(text.length + 1);
    int end = Math.min(text.length, at + random.nextInt(12));
    byte[] middle =
        switch (random.nextInt(6)) {
          case 0 -> new byte[0];
          case 1 -> new byte[] {(byte) random.nextInt(256)};
          case 2, 3 -> TOKENS[random.nextInt(TOKENS.length)].getBytes(StandardCharsets.UTF_8);
          case 4 -> {
            int from = random.nextInt(text.length + 1);
            yield Arrays.copyOfRange(text, from, Math.min(text.length, from + random.nextInt(40)));
          }
          default -> {
            byte[] same = Arrays.copyOfRange(text, at, end);
            if (same.length > 0) {
              same[random.nextInt(same.length)] ^= (byte) (1 << random.nextInt(8));
            }
            yield same;
          }
        };
    ByteArrayOutputStream mutated = new ByteArrayOutputStream();
    mutated.write(text, 0, at);
    mutated.writeBytes(middle);
    mutated.write(text, end, text.length - end);
    return mutated.toByteArray();
  }
}
