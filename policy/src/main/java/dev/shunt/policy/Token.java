package dev.shunt.policy;

/** A value of a closed set, with the word that stands for it in documents. */
public interface Token {

  /** The word in YAML and JSON, case-sensitive. */
  String text();
}
