package dev.shunt.control.web;

import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.util.InvalidMimeTypeException;
import org.springframework.util.MimeTypeUtils;

/** Media types of policy documents. */
public final class Media {

  public static final String JSON = "application/json";
  public static final String YAML = "application/yaml";
  public static final String MERGE_PATCH = "application/merge-patch+json";

  private static final MediaType YAML_TYPE = MediaType.parseMediaType(YAML);

  private Media() {}

  /** Whether the caller asks for YAML before anything else; whoever does not care gets JSON. */
  public static boolean wantsYaml(HttpServletRequest request) {
    String accept = request.getHeader(HttpHeaders.ACCEPT);
    if (accept == null) {
      return false;
    }
    try {
      List<MediaType> types = MediaType.parseMediaTypes(accept);
      MimeTypeUtils.sortBySpecificity(types);
      return !types.isEmpty() && types.get(0).equalsTypeAndSubtype(YAML_TYPE);
    } catch (InvalidMimeTypeException e) {
      return false;
    }
  }
}
