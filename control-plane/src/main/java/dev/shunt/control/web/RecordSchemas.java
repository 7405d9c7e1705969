package dev.shunt.control.web;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JavaType;
import io.swagger.v3.core.converter.AnnotatedType;
import io.swagger.v3.core.converter.ModelConverter;
import io.swagger.v3.core.converter.ModelConverterContext;
import io.swagger.v3.core.util.Json;
import io.swagger.v3.oas.models.media.JsonSchema;
import io.swagger.v3.oas.models.media.Schema;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Reads from a record what a schema should say: a component is required unless it is
 * {@code @Nullable}, and then it may be null.
 */
@Component
class RecordSchemas implements ModelConverter {

  @Override
  public @Nullable Schema<?> resolve(
      AnnotatedType type, ModelConverterContext context, Iterator<ModelConverter> chain) {
    Schema<?> schema = chain.hasNext() ? chain.next().resolve(type, context, chain) : null;
    JavaType javaType = Json.mapper().constructType(type.getType());
    if (schema != null && javaType != null && javaType.getRawClass().isRecord()) {
      Schema<?> target = schema.get$ref() == null ? schema : defined(schema, context);
      if (target != null && target.getProperties() != null) {
        describe(javaType.getRawClass(), target);
      }
    }
    return schema;
  }

  private static @Nullable Schema<?> defined(Schema<?> reference, ModelConverterContext context) {
    String name = reference.get$ref().substring(reference.get$ref().lastIndexOf('/') + 1);
    return context.getDefinedModels().get(name);
  }

  private static void describe(Class<?> type, Schema<?> schema) {
    List<String> required = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      String name = nameOf(component);
      if (schema.getProperties().containsKey(name) && !isNullable(component)) {
        required.add(name);
      }
    }
    schema.setRequired(required);
    makeNullable(type, propertiesOf(schema));
  }

  private static void makeNullable(Class<?> type, Map<String, Schema<?>> properties) {
    for (RecordComponent component : type.getRecordComponents()) {
      String name = nameOf(component);
      Schema<?> property = properties.get(name);
      if (property == null || !isNullable(component)) {
        continue;
      }
      if (property.get$ref() != null) {
        Schema<?> nothing = new JsonSchema().types(Set.of("null"));
        properties.put(
            name,
            new JsonSchema().oneOf(List.of(new JsonSchema().$ref(property.get$ref()), nothing)));
      } else if (property.getTypes() != null) {
        property.addType("null");
      }
    }
  }

  /** The library's own maps hold only schemas, but their type does not say so. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static Map<String, Schema<?>> propertiesOf(Schema<?> schema) {
    return (Map) schema.getProperties();
  }

  private static String nameOf(RecordComponent component) {
    var renamed = component.getAccessor().getAnnotation(JsonProperty.class);
    return renamed == null ? component.getName() : renamed.value();
  }

  private static boolean isNullable(RecordComponent component) {
    return component.getAnnotatedType().isAnnotationPresent(Nullable.class);
  }
}
