package dev.shunt.control.web;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Cursors are opaque to callers, so that what they hold can change. */
public final class Cursor {

  private Cursor() {}

  public static String of(String place) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(place.getBytes(StandardCharsets.UTF_8));
  }

  public static String of(long place) {
    return of(Long.toString(place));
  }

  /** The place a cursor of {@link #of(String)} names. */
  public static String text(String cursor) {
    try {
      return new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw notOurs(cursor);
    }
  }

  /** The place a cursor of {@link #of(long)} names. */
  public static long number(String cursor) {
    try {
      return Long.parseLong(text(cursor));
    } catch (NumberFormatException e) {
      throw notOurs(cursor);
    }
  }

  private static ApiProblem notOurs(String cursor) {
    return ApiProblem.badRequest(
        "expected ?continue= from a previous page, found \"" + cursor + "\"");
  }
}
