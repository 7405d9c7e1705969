package dev.shunt.node.json;

import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * JSON as {@code Map<String, Object>}, {@code List<Object>}, String, Long, Double, Boolean and
 * null.
 *
 * <p>Streaming only: building an object mapper would cost the short commands a third of their run
 * time. Stateless and safe for use by several threads.
 */
public final class Json {

  private static final JsonFactory FACTORY =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private Json() {}

  /** Writes the value on one line, members in the map's own order. */
  public static String write(Map<String, ?> value) {
    var out = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      writeValue(generator, value);
    }
    return out.toString();
  }

  /**
   * Reads one object.
   *
   * @throws JsonException when the text is not exactly one JSON object
   */
  public static JsonObject readObject(String text) throws JsonException {
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      parser.nextToken();
      Object value = readValue(parser);
      if (parser.nextToken() != null) {
        throw new JsonException("expected one JSON object, found more text after it");
      }
      if (value instanceof Map<?, ?> members) {
        return new JsonObject(stringKeys(members));
      }
      throw new JsonException("expected a JSON object, found " + describe(value));
    } catch (JacksonException e) {
      throw new JsonException("not valid JSON: " + e.getOriginalMessage(), e);
    }
  }

  static String describe(@Nullable Object value) {
    if (value == null) {
      return "null";
    }
    if (value instanceof Map) {
      return "an object";
    }
    if (value instanceof List) {
      return "a list";
    }
    return value instanceof String ? "the string \"" + value + "\"" : "the value " + value;
  }

  static Map<String, @Nullable Object> stringKeys(Map<?, ?> members) {
    var copy = new LinkedHashMap<String, @Nullable Object>();
    members.forEach((key, value) -> copy.put(String.valueOf(key), value));
    return copy;
  }

  private static void writeValue(JsonGenerator generator, @Nullable Object value) {
    if (value == null) {
      generator.writeNull();
    } else if (value instanceof Map<?, ?> members) {
      generator.writeStartObject();
      members.forEach(
          (key, member) -> {
            generator.writeName(String.valueOf(key));
            writeValue(generator, member);
          });
      generator.writeEndObject();
    } else if (value instanceof Iterable<?> items) {
      generator.writeStartArray();
      items.forEach(item -> writeValue(generator, item));
      generator.writeEndArray();
    } else if (value instanceof Long || value instanceof Integer) {
      generator.writeNumber(((Number) value).longValue());
    } else if (value instanceof Number number) {
      generator.writeNumber(number.doubleValue());
    } else if (value instanceof Boolean flag) {
      generator.writeBoolean(flag);
    } else {
      generator.writeString(value.toString());
    }
  }

  private static @Nullable Object readValue(JsonParser parser) throws JsonException {
    JsonToken token = parser.currentToken();
    if (token == null) {
      throw new JsonException("expected a JSON object, found nothing");
    }
    return switch (token) {
      case START_OBJECT -> readMembers(parser);
      case START_ARRAY -> readItems(parser);
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER_INT -> parser.getLongValue();
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_TRUE -> Boolean.TRUE;
      case VALUE_FALSE -> Boolean.FALSE;
      case VALUE_NULL -> null;
      default -> throw new JsonException("unexpected " + token + " in JSON");
    };
  }

  private static Map<String, @Nullable Object> readMembers(JsonParser parser) throws JsonException {
    var members = new LinkedHashMap<String, @Nullable Object>();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      members.put(name, readValue(parser));
    }
    return members;
  }

  private static List<@Nullable Object> readItems(JsonParser parser) throws JsonException {
    var items = new ArrayList<@Nullable Object>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      items.add(readValue(parser));
    }
    return items;
  }
}
