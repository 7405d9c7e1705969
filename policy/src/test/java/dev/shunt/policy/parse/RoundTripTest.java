package dev.shunt.policy.parse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CanonicalJson;
import dev.shunt.policy.PolicySet;
import dev.shunt.policy.PolicyYaml;
import dev.shunt.policy.random.RandomPolicies;
import dev.shunt.policy.random.Seed;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RoundTripTest {

  private static final int SETS = 100;

  private final RandomPolicies random = new RandomPolicies(Seed.OF_THIS_RUN);

  @Test
  void canonicalJsonReadsBackAsTheSamePolicy() {
    for (int i = 0; i < SETS; i++) {
      for (AccelerationPolicy policy : random.policies(20)) {
        byte[] json = CanonicalJson.write(policy);
        ParsedPolicies parsed = PolicyParser.parse(json);
        assertThat(parsed.problems()).as("%s%n%s", Seed.hint(), text(json)).isEmpty();
        assertThat(parsed.policies()).as(Seed.hint()).containsExactly(policy);
        assertThat(text(CanonicalJson.write(parsed.policies().get(0)))).isEqualTo(text(json));
      }
    }
  }

  @Test
  void whatIsWrittenAsYamlReadsBackAsTheSamePolicies() {
    for (int i = 0; i < SETS; i++) {
      List<AccelerationPolicy> policies = random.policies(20);
      if (!policies.isEmpty()) {
        String yaml = PolicyYaml.write(policies);
        ParsedPolicies parsed = PolicyParser.parse(yaml.getBytes(StandardCharsets.UTF_8));
        assertThat(parsed.problems()).as("%s%n%s", Seed.hint(), yaml).isEmpty();
        assertThat(parsed.policies()).as(Seed.hint()).isEqualTo(policies);
      }
    }
  }

  @Test
  void theOrderInWhichPoliciesAreGivenDoesNotChangeTheDigest() {
    for (int i = 0; i < SETS; i++) {
      List<AccelerationPolicy> policies = random.policies(20);
      List<AccelerationPolicy> shuffled = new ArrayList<>(policies);
      Collections.shuffle(shuffled, new Random(Seed.OF_THIS_RUN + i));
      assertThat(new PolicySet(shuffled).digest())
          .as(Seed.hint())
          .isEqualTo(new PolicySet(policies).digest());
    }
  }

  private static String text(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }
}
