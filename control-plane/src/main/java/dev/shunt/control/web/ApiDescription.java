package dev.shunt.control.web;

import io.swagger.v3.core.converter.AnnotatedType;
import io.swagger.v3.core.converter.ModelConverters;
import io.swagger.v3.core.converter.ResolvedSchema;
import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.info.License;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import io.swagger.v3.oas.models.servers.Server;
import java.util.List;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What OpenAPI says about the API as a whole. */
@Configuration(proxyBeanMethods = false)
class ApiDescription {

  private static final String ERROR = "ApiError";

  @Bean
  OpenAPI openApi() {
    return new OpenAPI()
        .info(
            new Info()
                .title("Shunt control plane")
                .version("v1")
                .description(
                    "Policies, revisions and nodes. Refusals are application/problem+json; those"
                        + " of policy documents list every problem at once.")
                .license(new License().name("Apache-2.0")))
        // Whatever address the reader uses, so that the description is the same everywhere.
        .servers(List.of(new Server().url("/")))
        .components(
            new Components()
                .addSecuritySchemes(
                    "token", new SecurityScheme().type(SecurityScheme.Type.HTTP).scheme("bearer"))
                .addSecuritySchemes(
                    "session",
                    new SecurityScheme()
                        .type(SecurityScheme.Type.APIKEY)
                        .in(SecurityScheme.In.COOKIE)
                        .name("SHUNT_SESSION")))
        .addSecurityItem(new SecurityRequirement().addList("token"))
        .addSecurityItem(new SecurityRequirement().addList("session"));
  }

  @Bean
  OpenApiCustomizer describedRefusals() {
    return api -> {
      ResolvedSchema error =
          ModelConverters.getInstance(true)
              .resolveAsResolvedSchema(new AnnotatedType(ApiError.class).resolveAsRef(false));
      api.getComponents().addSchemas(ERROR, error.schema);
      error.referencedSchemas.forEach(api.getComponents()::addSchemas);
      ApiResponse refusal =
          new ApiResponse()
              .description("Refused")
              .content(
                  new Content()
                      .addMediaType(
                          "application/problem+json",
                          new MediaType()
                              .schema(new Schema<>().$ref("#/components/schemas/" + ERROR))));
      api.getPaths().values().stream()
          .flatMap(path -> path.readOperations().stream())
          .forEach(operation -> addTo(operation, refusal));
    };
  }

  private static void addTo(Operation operation, ApiResponse refusal) {
    operation.getResponses().addApiResponse("default", refusal);
  }
}
