package dev.shunt.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.shunt.policy.random.Seed;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CgroupPatternTest {

  @ParameterizedTest
  @CsvSource({
    "/, /, true",
    "/, /a, false",
    "/**, /, true",
    "/**, /a/b/c, true",
    "/a, /a, true",
    "/a, /a/b, false",
    "/a, /, false",
    "/a/*, /a, false",
    "/a/*, /a/b, true",
    "/a/*, /a/b/c, false",
    "/a/**, /a, true",
    "/a/**, /a/b/c, true",
    "/a/**, /ab, false",
    "/**/b, /b, true",
    "/**/b, /a/b, true",
    "/**/b, /a/b/b, true",
    "/**/b, /a/b/c, false",
    "/a/**/b/*/c, /a/b/b/x/c, true",
    "/a/**/b/**/c, /a/b/c, true",
    "/a/**/b/**/c, /a/c, false",
    "/*/**, /, false"
  })
  void oneStarIsOneComponentAndTwoAreAnyDepth(String pattern, String path, boolean matches) {
    assertThat(CgroupPattern.parse(pattern).matches(CgroupPath.parse(path))).isEqualTo(matches);
  }

  @Test
  void aPathDeeperThanTheProgramsWalkMatchesNothing() {
    CgroupPath deepest = CgroupPath.parse("/a".repeat(CgroupPath.DEEPEST));
    CgroupPath deeper = CgroupPath.parse("/a".repeat(CgroupPath.DEEPEST + 1));

    assertThat(CgroupPattern.parse("/**").matches(deepest)).isTrue();
    assertThat(CgroupPattern.parse("/**").matches(deeper)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "a/b, begin with '/'",
    "'', begin with '/'",
    "/a/, empty components",
    "/a//b, empty components",
    "/a/../b, '..'",
    "/kubepods.slice/pod*, partial component",
    "/***, partial component",
    "/a/**/**/b, '**/**'",
    "/a/po?, wildcards",
    "/a/[b], wildcards"
  })
  void aBadGlobSaysWhatIsBadAboutIt(String text, String hint) {
    assertThatExceptionOfType(InvalidValueException.class)
        .isThrownBy(() -> CgroupPattern.parse(text))
        .satisfies(e -> assertThat(e.code()).isEqualTo(ProblemCode.BAD_GLOB))
        .satisfies(e -> assertThat(e.hint()).contains(hint));
  }

  @ParameterizedTest
  @CsvSource({
    "/**, /a/**/b, true",
    "/a/**, /a, true",
    "/a/**, /a/*/b/**, true",
    "/a/*, /a/**, false",
    "/a/*, /a/b, true",
    "/a/b, /a/*, false",
    "/**/b, /a/*/b, true"
  })
  void aPatternContainsAnotherWhenItMatchesAllOfItsPaths(
      String outer, String inner, boolean contains) {
    assertThat(CgroupPattern.parse(outer).contains(CgroupPattern.parse(inner))).isEqualTo(contains);
  }

  @Test
  void containsNeverSaysYesWrongly() {
    Random random = new Random(Seed.OF_THIS_RUN);
    int contained = 0;
    for (int i = 0; i < 20_000; i++) {
      CgroupPattern outer = new CgroupPattern(components(random, true));
      CgroupPattern inner = new CgroupPattern(components(random, true));
      if (outer.contains(inner)) {
        contained++;
        for (int j = 0; j < 20; j++) {
          CgroupPath path = new CgroupPath(components(random, false));
          assertThat(!inner.matches(path) || outer.matches(path))
              .as("%s contains %s, but not its %s; %s", outer, inner, path, Seed.hint())
              .isTrue();
        }
      }
    }
    assertThat(contained).isGreaterThan(500);
  }

  private static List<String> components(Random random, boolean globs) {
    List<String> components = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      int dice = random.nextInt(globs ? 4 : 2);
      boolean repeats =
          dice == 3 && !components.isEmpty() && components.get(components.size() - 1).equals("**");
      components.add(repeats ? "a" : List.of("a", "b", "*", "**").get(dice));
    }
    return components;
  }
}
