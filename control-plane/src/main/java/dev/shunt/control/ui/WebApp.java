package dev.shunt.control.ui;

import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;
import org.springframework.http.CacheControl;
import org.springframework.web.servlet.config.annotation.ResourceHandlerRegistry;
import org.springframework.web.servlet.config.annotation.ViewControllerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.web.servlet.resource.PathResourceResolver;

/**
 * Serves the web app. Its routes live in the browser: whatever is neither a file nor part of the
 * API gets the one page, which then shows the right view.
 */
@Configuration(proxyBeanMethods = false)
class WebApp implements WebMvcConfigurer {

  private static final String FILES = "META-INF/resources/";
  private static final String PAGE = "index.html";

  @Override
  public void addViewControllers(ViewControllerRegistry registry) {
    registry.addViewController("/").setViewName("forward:/" + PAGE);
  }

  @Override
  public void addResourceHandlers(ResourceHandlerRegistry registry) {
    // Their names carry a hash of their content.
    registry
        .addResourceHandler("/assets/**")
        .addResourceLocations("classpath:/" + FILES + "assets/")
        .setCacheControl(CacheControl.maxAge(Duration.ofDays(365)).cachePublic().immutable());
    registry
        .addResourceHandler("/**")
        .addResourceLocations("classpath:/" + FILES)
        .setCacheControl(CacheControl.noCache())
        .resourceChain(true)
        .addResolver(new Routes());
  }

  /**
   * Where a page would be mistaken for an answer: a probe on the wrong port must fail, not find the
   * web app healthy.
   */
  private static final Set<String> NO_ROUTES =
      Set.of("api", "v3", "swagger-ui", "actuator", "livez", "readyz", "healthz");

  private static final class Routes extends PathResourceResolver {

    @Override
    protected @Nullable Resource getResource(String path, Resource location) throws IOException {
      Resource file = super.getResource(path, location);
      return file != null || !isRoute(path) ? file : page();
    }

    /** The last part of a file's path has a dot; nothing of the server's own is a route. */
    private static boolean isRoute(String path) {
      String first = path.contains("/") ? path.substring(0, path.indexOf('/')) : path;
      return !NO_ROUTES.contains(first) && !path.substring(path.lastIndexOf('/') + 1).contains(".");
    }

    private static @Nullable Resource page() {
      Resource page = new ClassPathResource(FILES + PAGE);
      return page.exists() ? page : null;
    }
  }
}
