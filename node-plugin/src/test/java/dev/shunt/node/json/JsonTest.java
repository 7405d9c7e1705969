package dev.shunt.node.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {

  @Test
  void readsBackWhatItWrote() throws JsonException {
    var value = new LinkedHashMap<String, Object>();
    value.put("text", "ü \"quoted\"\n\u2028");
    value.put("number", Long.MAX_VALUE);
    value.put("flag", true);
    value.put("list", List.of(Map.of("a", 1L)));
    value.put("object", Map.of("k", "v"));

    String line = Json.write(value);
    JsonObject read = Json.readObject(line);

    assertThat(line).doesNotContain("\n");
    assertThat(read.string("text")).isEqualTo("ü \"quoted\"\n\u2028");
    assertThat(read.number("number")).isEqualTo(Long.MAX_VALUE);
    assertThat(read.flag("flag")).isTrue();
    assertThat(read.objects("list").get(0).number("a")).isEqualTo(1);
    assertThat(read.strings("object")).isEqualTo(Map.of("k", "v"));
  }

  @Test
  void saysWhatItExpectedAndWhatItFound() throws JsonException {
    JsonObject object = Json.readObject("{\"a\":\"text\",\"n\":null}");

    assertThatThrownBy(() -> object.number("a"))
        .hasMessage("expected member \"a\" to be a whole number, found the string \"text\"");
    assertThatThrownBy(() -> object.string("b"))
        .hasMessage("expected member \"b\" to be a string, found null");
    assertThat(object.has("n")).isFalse();
  }

  @Test
  void refusesWhatIsNotExactlyOneObject() {
    for (String text : List.of("", "[]", "1", "{}{}", "{\"a\":1,\"a\":2}", "{\"a\":", "{'a':1}")) {
      assertThatThrownBy(() -> Json.readObject(text))
          .as("for <%s>", text)
          .isInstanceOf(JsonException.class);
    }
  }
}
