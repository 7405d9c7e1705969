package dev.shunt.control;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.jspecify.annotations.NullMarked;

/** Who may know whom. */
@AnalyzeClasses(
    packages = "dev.shunt.control",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  private static final String[] FRAMEWORKS = {
    "org.springframework..",
    "jakarta..",
    "io.grpc..",
    "com.google.protobuf..",
    "dev.shunt.protocol..",
    "io.micrometer..",
    "javax.sql..",
    "java.sql..",
    "tools.jackson.."
  };

  @ArchTest
  static final ArchRule featuresDoNotDependOnEachOtherInACircle =
      slices().matching("dev.shunt.control.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule thePushQueueIsPlainJava =
      noClasses()
          .that()
          .resideInAPackage("dev.shunt.control.push")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(FRAMEWORKS);

  @ArchTest
  static final ArchRule theRevisionLogIsPlainJava =
      classes()
          .that()
          .haveSimpleName("RevisionLog")
          .or()
          .haveSimpleName("RevisionStore")
          .or()
          .haveSimpleName("SetChange")
          .or()
          .haveSimpleName("PolicySnapshot")
          .should()
          .onlyDependOnClassesThat(not(resideInAnyPackage(FRAMEWORKS)));

  @ArchTest
  static final ArchRule theStateOfNodesIsPlainJava =
      classes()
          .that()
          .haveSimpleName("Nodes")
          .or()
          .haveSimpleName("NodeDirectory")
          .or()
          .haveSimpleName("NodeConnection")
          .or()
          .haveSimpleName("NodeState")
          .or()
          .haveSimpleName("PolicyRollup")
          .should()
          .onlyDependOnClassesThat(not(resideInAnyPackage(FRAMEWORKS)));

  @ArchTest
  static final ArchRule onlyTheStreamSpeaksGrpc =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.shunt.control.stream")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.grpc..", "dev.shunt.protocol..", "com.google.protobuf..");

  @ArchTest
  static final ArchRule controllersStayInTheirPackages =
      classes().that().haveSimpleNameEndingWith("Controller").should().notBePublic();

  @ArchTest
  static final ArchRule whatTheServerIsMadeOfSaysWhatMayBeNull =
      classes().that().haveSimpleName("package-info").should().beAnnotatedWith(NullMarked.class);
}
