package dev.shunt.policy;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a policy is called and how it is found.
 *
 * @param name a DNS label, unique in a policy set
 * @param labels for filters; sorted by key
 * @param annotations free text for people and tools; sorted by key
 */
public record Metadata(String name, Map<String, String> labels, Map<String, String> annotations) {

  public Metadata {
    Labels.checkName(name);
    labels = sorted(labels);
    annotations = sorted(annotations);
    labels.forEach(Labels::check);
    annotations.keySet().forEach(Labels::checkKey);
  }

  public static Metadata named(String name) {
    return new Metadata(name, Map.of(), Map.of());
  }

  private static Map<String, String> sorted(Map<String, String> map) {
    return Collections.unmodifiableMap(new TreeMap<>(map));
  }
}
