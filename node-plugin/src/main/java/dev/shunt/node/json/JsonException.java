package dev.shunt.node.json;

/** Says what was expected of a JSON document and what was found. */
public final class JsonException extends Exception {

  public JsonException(String message) {
    super(message);
  }

  JsonException(String message, Throwable cause) {
    super(message, cause);
  }
}
