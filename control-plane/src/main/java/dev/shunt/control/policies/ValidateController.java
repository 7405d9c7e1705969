package dev.shunt.control.policies;

import dev.shunt.control.revisions.PolicySnapshot;
import dev.shunt.control.revisions.RevisionLog;
import dev.shunt.control.revisions.SetJudge;
import dev.shunt.control.web.Media;
import dev.shunt.control.web.ProblemView;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.PolicySet;
import dev.shunt.policy.Problem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.parameters.RequestBody;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Tells everything that is wrong with policies while they are being written. */
@RestController
@RequestMapping("/api/v1")
@Tag(name = "Policies")
class ValidateController {

  /**
   * @param valid whether there is no error; warnings may remain
   */
  record Validation(boolean valid, List<ProblemView> problems) {}

  private final RevisionLog revisions;
  private final SetJudge judge;
  private final RecentWarnings recent;

  ValidateController(RevisionLog revisions, SetJudge judge, RecentWarnings recent) {
    this.revisions = revisions;
    this.judge = judge;
    this.recent = recent;
  }

  @PostMapping(
      path = "/policies:validate",
      consumes = {Media.JSON, Media.YAML})
  @Operation(
      operationId = "validatePolicies",
      summary = "Checks policies without saving them",
      description =
          "As they would be beside the stored ones of other names. Answers 200 also when they are"
              + " not valid.",
      requestBody =
          @RequestBody(
              required = true,
              content = {
                @Content(mediaType = Media.YAML, schema = @Schema(implementation = String.class)),
                @Content(mediaType = Media.JSON, schema = @Schema(implementation = Object.class))
              }))
  Validation validate(HttpServletRequest request) throws IOException {
    PolicyText text = PolicyText.read(request);
    List<Problem> problems = new ArrayList<>(text.parsed().problems());
    problems.addAll(text.located(inCompany(text.parsed().policies())));
    problems.addAll(text.located(recent.of(text.parsed().policies())));
    return new Validation(problems.stream().noneMatch(Problem::isError), ProblemView.of(problems));
  }

  /** What the judge says of these policies beside the others, and of nothing else. */
  private List<Problem> inCompany(List<AccelerationPolicy> policies) {
    PolicySnapshot stored = revisions.current();
    List<Problem> before = judge.judge(stored.set());
    List<String> names = policies.stream().map(AccelerationPolicy::name).toList();
    return judge.judge(new PolicySet(Drafts.beside(stored, policies))).stream()
        .filter(problem -> names.contains(problem.policy()) || !before.contains(problem))
        .toList();
  }
}
