package dev.shunt.policy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A policy as plain maps, lists, strings and integers, in the order in which people write it and
 * with every default spelled out: what the writers write and what the diff compares. A dimension
 * that matches anything has no field: there is no word for "any".
 */
final class PolicyTree {

  private PolicyTree() {}

  static Map<String, Object> of(AccelerationPolicy policy) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("name", policy.name());
    metadata.put("labels", policy.metadata().labels());
    metadata.put("annotations", policy.metadata().annotations());
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("apiVersion", AccelerationPolicy.API_VERSION);
    tree.put("kind", AccelerationPolicy.KIND);
    tree.put("metadata", metadata);
    tree.put("spec", spec(policy.spec()));
    return tree;
  }

  static Map<String, Object> spec(PolicySpec spec) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("priority", spec.priority());
    tree.put("action", spec.action().text());
    tree.put("mode", spec.mode().text());
    tree.put("nodes", nodes(spec.nodes()));
    tree.put("match", match(spec.match()));
    tree.put("enrolment", spec.enrolment().text());
    tree.put("blockingSockets", spec.blockingSockets().text());
    tree.put("limits", limits(spec.limits()));
    tree.put("tests", spec.tests().stream().map(PolicyTree::test).toList());
    return tree;
  }

  private static Map<String, Object> nodes(NodeSelector nodes) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("matchLabels", nodes.matchLabels());
    tree.put(
        "matchExpressions",
        nodes.matchExpressions().stream().map(PolicyTree::requirement).toList());
    return tree;
  }

  private static Map<String, Object> requirement(LabelRequirement requirement) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("key", requirement.key());
    tree.put("operator", requirement.operator().text());
    if (requirement.operator().takesValues()) {
      tree.put("values", requirement.values());
    }
    return tree;
  }

  private static Map<String, Object> match(Match match) {
    Map<String, Object> tree = new LinkedHashMap<>();
    putUnlessAny(tree, "ports", match.ports());
    putUnlessAny(tree, "cgroups", match.cgroups());
    putUnlessAny(tree, "clients", match.clients());
    putUnlessAny(tree, "servers", match.servers());
    return tree;
  }

  private static void putUnlessAny(Map<String, Object> tree, String field, List<?> entries) {
    if (!entries.isEmpty()) {
      tree.put(field, entries.stream().map(Object::toString).toList());
    }
  }

  private static Map<String, Object> limits(Limits limits) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("backlogBytes", limits.backlogBytes().toString());
    tree.put("backlogMessages", limits.backlogMessages());
    return tree;
  }

  private static Map<String, Object> test(PolicyTest test) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("client", test.client().toString());
    tree.put("server", test.server().toString());
    tree.put("port", test.port());
    tree.put("cgroup", test.cgroup().toString());
    tree.put("expect", test.expect().text());
    return tree;
  }
}
