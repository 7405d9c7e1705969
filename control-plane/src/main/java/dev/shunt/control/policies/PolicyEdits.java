package dev.shunt.control.policies;

import dev.shunt.control.nodes.Nodes;
import dev.shunt.control.revisions.ChangeView;
import dev.shunt.control.revisions.PolicyEdit;
import dev.shunt.control.revisions.RevisionLog;
import dev.shunt.control.revisions.SetChange;
import dev.shunt.control.revisions.SetJudge;
import dev.shunt.control.security.Caller;
import dev.shunt.control.web.ApiProblem;
import dev.shunt.control.web.ProblemView;
import dev.shunt.policy.PolicySet;
import dev.shunt.policy.Problem;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Tries edits out, or makes them. */
@Component
class PolicyEdits {

  private final RevisionLog revisions;
  private final SetJudge judge;
  private final Nodes nodes;
  private final RecentWarnings recent;

  PolicyEdits(RevisionLog revisions, SetJudge judge, Nodes nodes, RecentWarnings recent) {
    this.revisions = revisions;
    this.judge = judge;
    this.nodes = nodes;
    this.recent = recent;
  }

  SetChange commit(
      PolicyText text, PolicyEdit edit, @Nullable String message, HttpServletRequest request) {
    String said = message == null ? "" : message.strip();
    if (said.length() > RevisionLog.LONGEST_MESSAGE) {
      throw ApiProblem.badRequest(
          "expected ?message= of at most "
              + RevisionLog.LONGEST_MESSAGE
              + " characters, found "
              + said.length());
    }
    return text.located(() -> revisions.commit(edit, Caller.of(request), said));
  }

  DryRun tryOut(PolicyText text, PolicyEdit edit) {
    SetChange change = text.located(() -> revisions.preview(edit));
    List<ChangeView> changes = ChangeView.of(change.changes());
    return new DryRun(
        changes,
        changes.stream().flatMap(view -> view.fields().stream()).toList(),
        affectedNodes(change),
        ProblemView.of(text.located(news(change))));
  }

  /** Warnings about the policies that change, and those that the change causes elsewhere. */
  private List<Problem> news(SetChange change) {
    Set<String> changed =
        change.changes().stream().map(policy -> policy.name()).collect(Collectors.toSet());
    List<Problem> before = judge.judge(change.before().set());
    List<Problem> news = new ArrayList<>();
    change.warnings().stream()
        .filter(problem -> changed.contains(problem.policy()) || !before.contains(problem))
        .forEach(news::add);
    news.addAll(
        recent.of(
            change.after().set().policies().stream()
                .filter(policy -> changed.contains(policy.name()))
                .toList()));
    return news;
  }

  private List<String> affectedNodes(SetChange change) {
    if (change.isEmpty()) {
      return List.of();
    }
    PolicySet before = change.before().set();
    PolicySet after = change.after().set();
    // Nodes with equal labels fare alike; there are far fewer label sets than nodes.
    Map<Map<String, String>, Boolean> affected = new HashMap<>();
    return nodes.labels().entrySet().stream()
        .filter(
            node ->
                affected.computeIfAbsent(
                    node.getValue(),
                    labels ->
                        !before
                            .forNode(labels)
                            .policies()
                            .equals(after.forNode(labels).policies())))
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }
}
