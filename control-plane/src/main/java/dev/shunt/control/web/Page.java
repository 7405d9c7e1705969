package dev.shunt.control.web;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list.
 *
 * @param next cursor of the next page, sent back as {@code ?continue=}; null on the last page
 */
public record Page<T>(List<T> items, @JsonProperty("continue") @Nullable String next) {

  private static final int MOST = 1_000;

  public Page {
    items = List.copyOf(items);
  }

  /** The limit of a page, from 1 to {@value #MOST}. */
  public static int limit(int asked) {
    if (asked < 1 || asked > MOST) {
      throw ApiProblem.badRequest("expected ?limit= from 1 to " + MOST + ", found " + asked);
    }
    return asked;
  }

  /**
   * The first {@code limit} of the items, with a cursor when there are more.
   *
   * @param items up to one more than the limit
   * @param cursor names the place behind an item
   */
  public static <T> Page<T> of(List<T> items, int limit, Function<T, String> cursor) {
    if (items.size() <= limit) {
      return new Page<>(items, null);
    }
    List<T> page = items.subList(0, limit);
    return new Page<>(page, cursor.apply(page.get(limit - 1)));
  }
}
