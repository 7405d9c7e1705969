package dev.shunt.control.revisions;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CanonicalJson;
import dev.shunt.policy.Change;
import dev.shunt.policy.PolicyDiff;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What happened to one policy.
 *
 * @param fields what differs; for an added or removed policy, everything it says
 */
@Schema(name = "PolicyChange")
public record ChangeView(String policy, PolicyChange.Kind change, List<FieldChange> fields) {

  private static final JsonMapper JSON = JsonMapper.shared();

  /**
   * One place that differs.
   *
   * @param path such as {@code spec.match.ports[0]}
   * @param before JSON value; absent when there was none
   * @param after JSON value; absent when there is none
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record FieldChange(
      String path,
      @JsonProperty("old") @Nullable Object before,
      @JsonProperty("new") @Nullable Object after) {}

  public static ChangeView of(PolicyChange change) {
    StoredPolicy before = change.before();
    StoredPolicy after = change.after();
    List<FieldChange> fields;
    if (before == null) {
      fields = after == null ? List.of() : everything(after.policy(), false);
    } else if (after == null) {
      fields = everything(before.policy(), true);
    } else {
      fields =
          PolicyDiff.between(before.policy(), after.policy()).stream()
              .map(ChangeView::field)
              .toList();
    }
    return new ChangeView(change.name(), change.kind(), fields);
  }

  public static List<ChangeView> of(List<PolicyChange> changes) {
    return changes.stream().map(ChangeView::of).toList();
  }

  private static FieldChange field(Change change) {
    return new FieldChange(change.path(), value(change.before()), value(change.after()));
  }

  private static @Nullable JsonNode value(@Nullable String text) {
    return text == null ? null : JSON.readTree(text);
  }

  private static List<FieldChange> everything(AccelerationPolicy policy, boolean gone) {
    List<FieldChange> fields = new ArrayList<>();
    JsonNode document = JSON.readTree(CanonicalJson.write(policy));
    for (String part : List.of("metadata", "spec")) {
      document
          .path(part)
          .properties()
          .forEach(
              field -> {
                JsonNode value = field.getValue();
                if (!value.isContainer() || !value.isEmpty()) {
                  fields.add(
                      new FieldChange(
                          part + "." + field.getKey(), gone ? value : null, gone ? null : value));
                }
              });
    }
    return fields;
  }
}
