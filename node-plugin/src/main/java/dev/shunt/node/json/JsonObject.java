package dev.shunt.node.json;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object read from outside; every getter names the member when it is absent or of another
 * type.
 */
public record JsonObject(Map<String, @Nullable Object> members) {

  public boolean has(String name) {
    return members.get(name) != null;
  }

  public String string(String name) throws JsonException {
    if (members.get(name) instanceof String value) {
      return value;
    }
    throw wrongType(name, "a string");
  }

  public String string(String name, String absent) throws JsonException {
    return has(name) ? string(name) : absent;
  }

  public long number(String name) throws JsonException {
    if (members.get(name) instanceof Long value) {
      return value;
    }
    throw wrongType(name, "a whole number");
  }

  public boolean flag(String name) throws JsonException {
    if (members.get(name) instanceof Boolean value) {
      return value;
    }
    throw wrongType(name, "true or false");
  }

  public JsonObject object(String name) throws JsonException {
    if (members.get(name) instanceof Map<?, ?> value) {
      return new JsonObject(Json.stringKeys(value));
    }
    throw wrongType(name, "an object");
  }

  public List<JsonObject> objects(String name) throws JsonException {
    if (!(members.get(name) instanceof List<?> items)) {
      throw wrongType(name, "a list of objects");
    }
    var objects = new ArrayList<JsonObject>();
    for (Object item : items) {
      if (!(item instanceof Map<?, ?> value)) {
        throw wrongType(name, "a list of objects");
      }
      objects.add(new JsonObject(Json.stringKeys(value)));
    }
    return objects;
  }

  /** The members of an object whose values are all strings, in order. */
  public Map<String, String> strings(String name) throws JsonException {
    var strings = new LinkedHashMap<String, String>();
    for (Map.Entry<String, @Nullable Object> member : object(name).members().entrySet()) {
      if (!(member.getValue() instanceof String value)) {
        throw wrongType(name, "an object of strings");
      }
      strings.put(member.getKey(), value);
    }
    return strings;
  }

  private JsonException wrongType(String name, String expected) {
    return new JsonException(
        "expected member \""
            + name
            + "\" to be "
            + expected
            + ", found "
            + Json.describe(members.get(name)));
  }
}
